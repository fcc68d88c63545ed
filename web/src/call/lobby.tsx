import { createAudioAnalyser, createLocalAudioTrack, createLocalVideoTrack, type LocalAudioTrack, type LocalVideoTrack, VideoPresets } from "livekit-client";
import { useEffect, useRef, useState } from "react";
import type { ListedRoom, User } from "../api/client";
import { nameOf } from "../api/rooms";
import { Link } from "../router";
import { Avatar, Button } from "../ui/controls";
import { Icon } from "../ui/icons";
import { Heading } from "../ui/page";
import { Popup } from "../ui/popup";
import { count } from "../words";
import { type Choices, keepChoices, keptChoices, type Trouble, troubleOf, troubleText } from "./devices";
import { DeviceList } from "./device_menu";

type Feed<T> = { state: "off" } | { state: "asking" } | { state: "on"; track: T } | { state: Trouble };

interface Stoppable {
  stop: () => unknown;
}

/** A track while it is wanted. It stops when it is not, whenever it came. */
function useFeed<T extends Stoppable>(wanted: boolean, id: string | undefined, make: (id: string | undefined) => Promise<T>): Feed<T> {
  const [feed, setFeed] = useState<Feed<T>>({ state: "off" });
  const maker = useRef(make);
  useEffect(() => {
    if (!wanted) {
      setFeed({ state: "off" });
      return;
    }
    let over = false;
    let mine: T | undefined;
    setFeed({ state: "asking" });
    maker.current(id).then(
      (track) => {
        if (over) return void track.stop();
        mine = track;
        setFeed({ state: "on", track });
      },
      (error: unknown) => {
        if (!over) setFeed({ state: troubleOf(error) });
      },
    );
    return () => {
      over = true;
      mine?.stop();
    };
  }, [wanted, id]);
  return feed;
}

function makeCamera(deviceId: string | undefined): Promise<LocalVideoTrack> {
  return createLocalVideoTrack({ resolution: VideoPresets.h720.resolution, ...(deviceId && { deviceId }) });
}

function makeMicrophone(deviceId: string | undefined): Promise<LocalAudioTrack> {
  return createLocalAudioTrack(deviceId ? { deviceId } : {});
}

function Picture({ track }: { track: LocalVideoTrack }) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const shown = video.current;
    if (!shown) return;
    track.attach(shown);
    return () => void track.detach(shown);
  }, [track]);
  return <video ref={video} className="mirror" muted playsInline autoPlay aria-label="Your camera" />;
}

/** How loud one is, drawn without rendering anything again. */
function Loudness({ track }: { track: LocalAudioTrack }) {
  const bar = useRef<HTMLElement>(null);
  useEffect(() => {
    const { calculateVolume, cleanup } = createAudioAnalyser(track, { cloneTrack: true });
    const timer = setInterval(() => bar.current?.style.setProperty("--level", String(Math.min(1, calculateVolume() * 2.5))), 80);
    return () => {
      clearInterval(timer);
      void cleanup();
    };
  }, [track]);
  return (
    <span className="loudness" aria-hidden="true">
      <i ref={bar} />
    </span>
  );
}

function isTrouble(state: string): state is Trouble {
  return state === "refused" || state === "missing" || state === "busy" || state === "insecure";
}

interface LobbyProps {
  room: ListedRoom;
  user: User;
  onJoin: () => void;
}

/** Before the call: how one will look and sound, and with which devices. */
export function Lobby({ room, user, onJoin }: LobbyProps) {
  const [choices, setChoices] = useState(keptChoices);
  const camera = useFeed(choices.camera, choices.cameraId, makeCamera);
  const microphone = useFeed(choices.microphone, choices.microphoneId, makeMicrophone);
  const name = nameOf(user);

  function choose(change: Partial<Choices>) {
    const next = { ...choices, ...change };
    setChoices(next);
    keepChoices(next);
  }

  const heard = choices.microphone && !isTrouble(microphone.state);
  const seen = choices.camera && !isTrouble(camera.state);
  const asking = camera.state === "asking" || microphone.state === "asking";
  return (
    <main className="on-stage lobby">
      <header>
        <Link to={`/room/${room.room_id}`} className="stage-link">
          <Icon name="back" /> {room.name}
        </Link>
      </header>
      <div className="lobby-body">
        <div className="lobby-view">
          <div className="lobby-picture">
            {camera.state === "on" ? <Picture track={camera.track} /> : <Avatar name={name} size={120} />}
            {camera.state === "asking" && <p className="lobby-note">Asking for your camera…</p>}
            <div className="lobby-controls" role="group" aria-label="Your devices">
              <span className="split">
                <button
                  type="button"
                  className={`round ${heard ? "" : "off"}`}
                  aria-label={choices.microphone ? "Mute microphone" : "Unmute microphone"}
                  onClick={() => choose({ microphone: !choices.microphone })}
                >
                  <Icon name={heard ? "mic" : "micOff"} size={22} />
                </button>
                <Popup label="Microphone and speaker" className="caret" button={<Icon name="chevron" size={16} />}>
                  <DeviceList kind="audioinput" title="Microphone" chosen={choices.microphoneId} allowed={microphone.state === "on"} onChoose={(id) => choose({ microphoneId: id })} />
                  <DeviceList kind="audiooutput" title="Speaker" chosen={choices.speakerId} allowed={microphone.state === "on"} onChoose={(id) => choose({ speakerId: id })} />
                </Popup>
              </span>
              <span className="split">
                <button
                  type="button"
                  className={`round ${seen ? "" : "off"}`}
                  aria-label={choices.camera ? "Turn camera off" : "Turn camera on"}
                  onClick={() => choose({ camera: !choices.camera })}
                >
                  <Icon name={seen ? "camera" : "cameraOff"} size={22} />
                </button>
                <Popup label="Camera" className="caret" button={<Icon name="chevron" size={16} />}>
                  <DeviceList kind="videoinput" title="Camera" chosen={choices.cameraId} allowed={camera.state === "on"} onChoose={(id) => choose({ cameraId: id })} />
                </Popup>
              </span>
              {microphone.state === "on" && <Loudness track={microphone.track} />}
            </div>
          </div>
          {isTrouble(camera.state) && (
            <p className="stage-notice" role="status">
              <Icon name="warn" /> {troubleText("camera", camera.state)}
            </p>
          )}
          {isTrouble(microphone.state) && (
            <p className="stage-notice" role="status">
              <Icon name="warn" /> {troubleText("microphone", microphone.state)}
            </p>
          )}
        </div>
        <div className="lobby-side">
          <Heading title={room.name}>Ready to join?</Heading>
          <p>
            {room.participants_count === 0
              ? "Nobody is in the call yet."
              : `${count(room.participants_count, "person is", "people are")} in the call.`}
          </p>
          <Button look="main" className="big" disabled={asking} onClick={onJoin}>
            {isTrouble(camera.state) || isTrouble(microphone.state) ? "Join anyway" : "Join now"}
          </Button>
        </div>
      </div>
    </main>
  );
}
