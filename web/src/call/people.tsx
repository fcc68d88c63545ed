import { memo, useState } from "react";
import { api, ask } from "../api/client";
import { asFailure } from "../api/failure";
import { Avatar } from "../ui/controls";
import { Confirm } from "../ui/dialog";
import { Icon } from "../ui/icons";
import { Popup } from "../ui/popup";
import { toast } from "../ui/toast";
import { BAN_NOTICE } from "./call_session";
import type { Crowd, Person } from "./crowd";

async function silence(room: string, identity: string, trackSid: string, what: string): Promise<void> {
  try {
    await ask(
      api.POST("/rooms/{room_id}/participants/{identity}/mute", {
        params: { path: { room_id: room, identity } },
        body: { muted: true, track_sid: trackSid },
      }),
    );
    toast(`${what} of ${identity} is off`);
  } catch (error) {
    toast(asFailure(error).message);
  }
}

type Act = { kind: "remove" | "ban"; person: Person };

const Row = memo(function Row({ person, room, moderates, onAct }: { person: Person; room: string; moderates: boolean; onAct: (act: Act) => void }) {
  const { identity, microphone, camera, screen } = person;
  return (
    <li data-identity={identity} className={person.speaking ? "speaking" : ""}>
      <Avatar name={person.name} />
      <span className="grow">
        {person.name}
        {person.local && <span className="nothing"> you</span>}
      </span>
      <span className={microphone ? "" : "off"}>
        <Icon name={microphone ? "mic" : "micOff"} size={18} />
        <span className="sr">{microphone ? "Microphone on" : "Microphone off"}</span>
      </span>
      <span className={camera ? "" : "off"}>
        <Icon name={camera ? "camera" : "cameraOff"} size={18} />
        <span className="sr">{camera ? "Camera on" : "Camera off"}</span>
      </span>
      {moderates && person.local && <span className="icon-button" />}
      {moderates && !person.local && (
        <Popup kind="menu" label={`Moderate ${person.name}`} className="icon-button" button={<Icon name="more" />}>
          <button type="button" role="menuitem" disabled={!microphone} onClick={() => microphone && silence(room, identity, microphone.trackSid, "The microphone")}>
            <Icon name="micOff" /> Mute microphone
          </button>
          <button type="button" role="menuitem" disabled={!camera} onClick={() => camera && silence(room, identity, camera.publication.trackSid, "The camera")}>
            <Icon name="cameraOff" /> Turn camera off
          </button>
          {screen && (
            <button type="button" role="menuitem" onClick={() => silence(room, identity, screen.publication.trackSid, "The screen")}>
              <Icon name="screenOff" /> Stop screen share
            </button>
          )}
          <button type="button" role="menuitem" onClick={() => onAct({ kind: "remove", person })}>
            <Icon name="door" /> Remove from the call
          </button>
          <button type="button" role="menuitem" className="danger" onClick={() => onAct({ kind: "ban", person })}>
            <Icon name="ban" /> Ban from this room
          </button>
        </Popup>
      )}
    </li>
  );
});

export function People({ crowd, room, moderates }: { crowd: Crowd; room: string; moderates: boolean }) {
  const [act, setAct] = useState<Act>();

  async function carryOut() {
    if (!act) return;
    const { identity } = act.person;
    if (act.kind === "ban") {
      // So that they are told why; that they go does not depend on it.
      const notice = { text: identity, topic: BAN_NOTICE };
      await api.POST("/rooms/{room_id}/message", { params: { path: { room_id: room } }, body: notice }).catch(() => undefined);
      await ask(api.POST("/rooms/{room_id}/bans", { params: { path: { room_id: room } }, body: { username: identity } }));
      toast(`${identity} is banned`);
    } else {
      await ask(api.DELETE("/rooms/{room_id}/participants/{identity}", { params: { path: { room_id: room, identity } } }));
      toast(`${identity} was removed`);
    }
  }

  return (
    <>
      <ul className="crowd" tabIndex={0} aria-label="People in the call">
        {crowd.map((person) => (
          <Row key={person.key} person={person} room={room} moderates={moderates} onAct={setAct} />
        ))}
      </ul>
      {act && (
        <Confirm
          title={act.kind === "ban" ? `Ban ${act.person.name}?` : `Remove ${act.person.name}?`}
          action={act.kind === "ban" ? "Ban" : "Remove"}
          onClose={() => setAct(undefined)}
          onConfirm={carryOut}
        >
          <p>
            {act.kind === "ban"
              ? "They leave the call now and cannot join this room again until you lift the ban on its page."
              : "They leave the call now. They can come back by the link; to prevent that, ban them."}
          </p>
        </Confirm>
      )}
    </>
  );
}
