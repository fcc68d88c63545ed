import "../styles/call.css";
import { useCallback, useEffect, useState } from "react";
import { api, ask, type User } from "../api/client";
import { useResource } from "../resource";
import { Link, navigate } from "../router";
import { holdSession } from "../session";
import { useStore } from "../store";
import { Button } from "../ui/controls";
import type { IconName } from "../ui/icons";
import { StatePage, Starting } from "../pages/states";
import { CallSession, type Ending } from "./call_session";
import { CallView } from "./call_view";
import { noteCall, wasInCall } from "./devices";
import { Lobby } from "./lobby";

const ENDINGS: Readonly<Record<Exclude<Ending, "left">, { icon: IconName; title: string; text: string; again?: string }>> = {
  removed: {
    icon: "door",
    title: "You were removed from the call",
    text: "The person who made this room sent you out.",
    again: "Join again",
  },
  banned: { icon: "ban", title: "You are banned from this room", text: "The person who made it does not let you join." },
  ended: { icon: "check", title: "The call has ended", text: "The room was closed for everybody." },
  elsewhere: {
    icon: "people",
    title: "You joined from somewhere else",
    text: "The call goes on in your other window or on your other device.",
    again: "Move the call here",
  },
  full: { icon: "people", title: "The room is full", text: "All seats are taken. Try again when somebody has left.", again: "Try again" },
  gone: { icon: "door", title: "There is no such room", text: "The link may be incomplete." },
  failed: { icon: "away", title: "The call did not work", text: "", again: "Try again" },
};

function Over({ why, text, room, onAgain }: { why: Exclude<Ending, "left">; text: string; room: string; onAgain: () => void }) {
  const ending = ENDINGS[why];
  return (
    <StatePage icon={ending.icon} title={ending.title}>
      <p>{ending.text || text}</p>
      <div className="actions">
        {ending.again && (
          <Button look="main" onClick={onAgain}>
            {ending.again}
          </Button>
        )}
        {why !== "gone" && (
          <Link className="button quiet" to={`/room/${room}`}>
            About the room
          </Link>
        )}
        <Link className="button quiet" to="/">
          All rooms
        </Link>
      </div>
    </StatePage>
  );
}

/** From "Join now" to the end. What it starts ends with it, also by the back button. */
function Call({ id, user, onLobby }: { id: string; user: User; onLobby: () => void }) {
  const [call, setCall] = useState<CallSession>();

  useEffect(() => {
    const made = new CallSession(id);
    const release = holdSession();
    // Not at once: a component that is gone before it began takes no seat.
    const timer = setTimeout(() => {
      setCall(made);
      void made.start();
    });
    return () => {
      clearTimeout(timer);
      made.close();
      release();
    };
  }, [id]);

  return call ? <Running call={call} id={id} user={user} onLobby={onLobby} /> : <Starting dark />;
}

function Running({ call, id, user, onLobby }: { call: CallSession; id: string; user: User; onLobby: () => void }) {
  const state = useStore(call.state);

  const leave = useCallback(() => {
    call.close();
    navigate(`/room/${id}`, { replace: true });
  }, [call, id]);

  if (state.phase === "joining") return <Starting dark />;
  if (state.phase === "over") {
    return state.why === "left" ? <Starting dark /> : <Over why={state.why} text={state.text} room={id} onAgain={onLobby} />;
  }
  return <CallView call={call} id={id} user={user} reconnecting={state.link === "reconnecting"} onLeave={leave} />;
}

export default function CallPage({ id, user }: { id: string; user: User }) {
  // After a reload in the call one is in it again, with no question asked.
  const [joined, setJoined] = useState(() => wasInCall(id));
  const [round, setRound] = useState(0);
  const room = useResource(
    `room ${id}`,
    (signal) => ask(api.GET("/rooms/{room_id}", { params: { path: { room_id: id } }, signal })),
    joined ? undefined : 10_000,
  );

  const back = useCallback(() => {
    noteCall(undefined);
    setJoined(false);
    setRound((last) => last + 1);
  }, []);

  if (joined) return <Call key={round} id={id} user={user} onLobby={back} />;
  if (!room.data) {
    if (!room.failure || room.failure.away) return <Starting dark />;
    const gone = room.failure.status === 404;
    return <Over why={gone ? "gone" : "failed"} text={room.failure.message} room={id} onAgain={room.reload} />;
  }
  if (!room.data.is_active) return <Over why="ended" text="" room={id} onAgain={back} />;
  return <Lobby room={room.data} user={user} onJoin={() => setJoined(true)} />;
}
