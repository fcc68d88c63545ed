import { RoomAudioRenderer, RoomContext } from "@livekit/components-react";
import { type ReactNode, useEffect, useState } from "react";
import { api, ask, type User } from "../api/client";
import { useResource } from "../resource";
import { href } from "../router";
import { useStore } from "../store";
import { Button } from "../ui/controls";
import { Confirm } from "../ui/dialog";
import { Icon, type IconName } from "../ui/icons";
import { useTitle } from "../ui/page";
import { Popup } from "../ui/popup";
import { toast } from "../ui/toast";
import type { CallSession } from "./call_session";
import { Chat } from "./chat";
import type { Person } from "./crowd";
import { DeviceList } from "./device_menu";
import { type Trouble, troubleText } from "./devices";
import { People } from "./people";
import { type Layout, Stage } from "./stage";

interface ControlProps {
  label: string;
  icon: IconName;
  className?: string;
  pressed?: boolean;
  expanded?: boolean;
  badge?: number;
  size?: number;
  onClick: () => void;
}

function Control({ label, icon, className = "", pressed, expanded, badge, size = 22, onClick }: ControlProps) {
  return (
    <button
      type="button"
      className={`round ${className} ${pressed || expanded ? "pressed" : ""}`}
      aria-label={badge ? `${label} (${badge} new)` : label}
      aria-pressed={pressed}
      aria-expanded={expanded}
      title={label}
      onClick={onClick}
    >
      <Icon name={icon} size={size} />
      {badge ? (
        <span className="badge" aria-hidden="true">
          {badge > 9 ? "9+" : badge}
        </span>
      ) : null}
    </button>
  );
}

/** Full screen, as the browser has it: Escape ends it too. */
function useFullScreen() {
  const [full, setFull] = useState(false);
  useEffect(() => {
    const look = () => setFull(document.fullscreenElement !== null);
    document.addEventListener("fullscreenchange", look);
    return () => {
      document.removeEventListener("fullscreenchange", look);
      if (document.fullscreenElement) void document.exitFullscreen();
    };
  }, []);
  const toggle = () =>
    void (full ? document.exitFullscreen() : document.documentElement.requestFullscreen()).catch(() =>
      toast("The browser does not allow full screen here"),
    );
  return [full, toggle] as const;
}

/**
 * Whether the network went while one looked on: the computer knows at once what
 * LiveKit finds out after some seconds. Not what the browser thinks at the
 * start, which is wrong where the call is on this very computer.
 */
function useOffline(): boolean {
  const [offline, setOffline] = useState(false);
  useEffect(() => {
    const look = (event: Event) => setOffline(event.type === "offline");
    addEventListener("offline", look);
    addEventListener("online", look);
    return () => {
      removeEventListener("offline", look);
      removeEventListener("online", look);
    };
  }, []);
  return offline;
}

/** A phone does not go to sleep in a call. */
function useWakefulness() {
  useEffect(() => {
    let lock: WakeLockSentinel | undefined;
    let over = false;
    const hold = () => {
      if (document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
      navigator.wakeLock.request("screen").then(
        (got) => {
          lock = got;
          if (over) void got.release();
        },
        () => undefined,
      );
    };
    hold();
    document.addEventListener("visibilitychange", hold);
    return () => {
      over = true;
      document.removeEventListener("visibilitychange", hold);
      void lock?.release();
    };
  }, []);
}

function useUnread(call: CallSession, open: boolean): number {
  const messages = useStore(call.messages);
  const [seen, setSeen] = useState(0);
  const others = messages.filter((message) => !message.own).length;
  useEffect(() => {
    if (open) setSeen(others);
  }, [open, others]);
  return open ? 0 : Math.max(0, others - seen);
}

function DeviceNote({ kind, trouble }: { kind: "camera" | "microphone"; trouble: Trouble | undefined }) {
  if (!trouble) return null;
  return (
    <p className="stage-notice" role="status">
      <Icon name="warn" /> {troubleText(kind, trouble)}
    </p>
  );
}

function Devices({ call, me }: { call: CallSession; me: Person | undefined }) {
  const choices = useStore(call.choices);
  const camera = me?.camera !== undefined;
  const microphone = me?.microphone !== undefined;
  const pick = (kind: MediaDeviceKind) => (id: string) =>
    void call.setDevice(kind, id).catch(() => toast("That device does not start"));
  return (
    <>
      <span className="split">
        <Control
          label={microphone ? "Mute microphone" : "Unmute microphone"}
          icon={microphone ? "mic" : "micOff"}
          className={microphone ? "" : "off"}
          onClick={() => void call.setMicrophone(!microphone)}
        />
        <Popup label="Microphone and speaker" className="caret" button={<Icon name="chevron" size={16} />}>
          <DeviceList kind="audioinput" title="Microphone" chosen={choices.microphoneId} allowed={microphone} onChoose={pick("audioinput")} />
          <DeviceList kind="audiooutput" title="Speaker" chosen={choices.speakerId} allowed={microphone} onChoose={pick("audiooutput")} />
        </Popup>
      </span>
      <span className="split">
        <Control
          label={camera ? "Turn camera off" : "Turn camera on"}
          icon={camera ? "camera" : "cameraOff"}
          className={camera ? "" : "off"}
          onClick={() => void call.setCamera(!camera)}
        />
        <Popup label="Camera" className="caret" button={<Icon name="chevron" size={16} />}>
          <DeviceList kind="videoinput" title="Camera" chosen={choices.cameraId} allowed={camera} onChoose={pick("videoinput")} />
        </Popup>
      </span>
    </>
  );
}

type PanelName = "chat" | "people";

function Panel({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  return (
    <aside
      className="side"
      aria-label={title}
      onKeyDown={(event) => {
        if (event.key === "Escape" && !event.defaultPrevented) onClose();
      }}
    >
      <header>
        <h2>{title}</h2>
        <button type="button" className="icon-button" aria-label={`Close ${title.toLowerCase()}`} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      {children}
    </aside>
  );
}

interface CallViewProps {
  call: CallSession;
  id: string;
  user: User;
  reconnecting: boolean;
  onLeave: () => void;
}

const canShareScreen = "mediaDevices" in navigator && "getDisplayMedia" in navigator.mediaDevices;

export function CallView({ call, id, user, reconnecting, onLeave }: CallViewProps) {
  const crowd = useStore(call.crowd);
  const audible = useStore(call.audible);
  const cameraTrouble = useStore(call.cameraTrouble);
  const microphoneTrouble = useStore(call.microphoneTrouble);
  const room = useResource(`room ${id}`, (signal) => ask(api.GET("/rooms/{room_id}", { params: { path: { room_id: id } }, signal }))).data;
  const [panel, setPanel] = useState<PanelName>();
  const [chosen, setChosen] = useState<Layout>();
  const [pinned, setPinned] = useState<string>();
  const [ending, setEnding] = useState(false);
  const [full, toggleFull] = useFullScreen();
  const offline = useOffline();
  const unread = useUnread(call, panel === "chat");
  useWakefulness();

  const name = room?.name ?? "Call";
  const heading = useTitle(name);
  const me = crowd.find((person) => person.local);
  const mine = room?.creator_id === user.id;
  const sharing = me?.screen !== undefined;
  // A screen is shared to be looked at, unless one chose otherwise.
  const layout: Layout = pinned ? "focus" : (chosen ?? (crowd.some((person) => person.screen) ? "focus" : "grid"));

  const toggle = (which: PanelName) => setPanel(panel === which ? undefined : which);

  async function copyLink() {
    const link = location.origin + href(`/room/${id}`);
    try {
      await navigator.clipboard.writeText(link);
      toast("Link copied: send it to whom you want here");
    } catch {
      // No permission, or a page that did not come over HTTPS.
      toast(link);
    }
  }

  return (
    <RoomContext.Provider value={call.room}>
      <main className="on-stage call" data-layout={layout}>
        <header className="call-head">
          <h1 ref={heading} tabIndex={-1}>
            {name}
          </h1>
          <div className="call-tools">
            <button type="button" className="stage-button" onClick={copyLink}>
              <Icon name="copy" size={18} /> <span>Copy link</span>
            </button>
            <button
              type="button"
              className="stage-button"
              aria-label={layout === "grid" ? "Focus view" : "Grid view"}
              title={layout === "grid" ? "Focus view" : "Grid view"}
              onClick={() => {
                setPinned(undefined);
                setChosen(layout === "grid" ? "focus" : "grid");
              }}
            >
              <Icon name={layout === "grid" ? "focus" : "grid"} size={18} />
            </button>
            <button
              type="button"
              className="stage-button"
              aria-label={full ? "Leave full screen" : "Full screen"}
              title={full ? "Leave full screen" : "Full screen"}
              onClick={toggleFull}
            >
              <Icon name={full ? "fullOff" : "full"} size={18} />
            </button>
          </div>
        </header>

        <div className="call-notes">
          {(offline || reconnecting) && (
            <p className="stage-notice" role="status">
              <span className="spinner" aria-hidden="true" />{" "}
              {offline
                ? "You are offline. The call goes on when your network is back."
                : "The connection was lost. Getting you back in…"}
            </p>
          )}
          {!audible && (
            <p className="stage-notice" role="status">
              <Icon name="sound" /> The browser waits for a click before it plays sound.
              <button type="button" className="stage-button" onClick={() => void call.playSound()}>
                Play sound
              </button>
            </p>
          )}
          <DeviceNote kind="camera" trouble={cameraTrouble} />
          <DeviceNote kind="microphone" trouble={microphoneTrouble} />
        </div>

        <div className={`call-body ${panel ? "with-side" : ""}`}>
          <section className="stage" aria-label="People and screens">
            <Stage crowd={crowd} layout={layout} pinned={pinned} onPin={(key) => setPinned(key === pinned ? undefined : key)} />
            {crowd.length === 1 && !sharing && (
              <p className="alone-note">
                You are the only one here.{" "}
                <button type="button" className="stage-button" onClick={copyLink}>
                  Copy the link to invite
                </button>
              </p>
            )}
          </section>
          {panel === "chat" && (
            <Panel title="Chat" onClose={() => setPanel(undefined)}>
              <Chat call={call} />
            </Panel>
          )}
          {panel === "people" && (
            <Panel title={`People (${crowd.length})`} onClose={() => setPanel(undefined)}>
              <People crowd={crowd} room={id} moderates={mine} />
              {mine && (
                <footer>
                  <Button look="danger" icon="trash" onClick={() => setEnding(true)}>
                    End for everybody
                  </Button>
                </footer>
              )}
            </Panel>
          )}
        </div>

        <div className="call-controls" role="group" aria-label="Call controls">
          <Devices call={call} me={me} />
          {canShareScreen && (
            <Control
              label={sharing ? "Stop sharing" : "Share screen"}
              icon={sharing ? "screenOff" : "screen"}
              className={sharing ? "pressed" : ""}
              onClick={() => void call.setScreen(!sharing).catch(() => toast("The screen could not be shared"))}
            />
          )}
          <Control label="Chat" icon="chat" expanded={panel === "chat"} badge={unread} onClick={() => toggle("chat")} />
          <Control label={`People, ${crowd.length}`} icon="people" expanded={panel === "people"} onClick={() => toggle("people")} />
          <Control label="Leave" icon="leave" className="leave" size={30} onClick={onLeave} />
        </div>
        <RoomAudioRenderer />
        {ending && (
          <Confirm
            title="End the call for everybody?"
            action="End for everybody"
            onClose={() => setEnding(false)}
            onConfirm={async () => {
              await ask(api.DELETE("/rooms/{room_id}", { params: { path: { room_id: id } } }));
            }}
          >
            <p>Everybody is disconnected, and the room is closed for good: its link stops working.</p>
          </Confirm>
        )}
      </main>
    </RoomContext.Provider>
  );
}
