import { useEffect, useState } from "react";
import { api, ask, type ListedRoom, type User } from "../api/client";
import { nameOf, seats } from "../api/rooms";
import { SETTLED, useResource } from "../resource";
import { href, Link, navigate } from "../router";
import { Avatar, Button, Notice, Skeleton } from "../ui/controls";
import { Confirm } from "../ui/dialog";
import { Icon } from "../ui/icons";
import { Heading, Shell } from "../ui/page";
import { toast } from "../ui/toast";
import { count, since, when } from "../words";
import { RoomForm } from "./room_form";
import { StatePage } from "./states";
import { Visits } from "./visits";

function Share({ room }: { room: ListedRoom }) {
  const link = location.origin + href(`/room/${room.room_id}`);
  const [copied, setCopied] = useState(false);

  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 3000);
    return () => clearTimeout(timer);
  }, [copied]);

  async function copy() {
    try {
      await navigator.clipboard.writeText(link);
      setCopied(true);
      toast("Link copied");
    } catch {
      // No permission, or no secure context: then it is selected, to be copied by hand.
      document.querySelector<HTMLInputElement>("#share-link")?.select();
    }
  }

  return (
    <section className="panel share" aria-labelledby="share-title">
      <h2 id="share-title">Invite people</h2>
      <p className="hint">Whoever has this link and an account can join.</p>
      <div className="with-button">
        <input id="share-link" aria-label="Link to this room" readOnly value={link} onFocus={(event) => event.target.select()} />
        <Button icon={copied ? "check" : "copy"} onClick={copy}>
          {copied ? "Copied" : "Copy"}
        </Button>
      </div>
    </section>
  );
}

function Inside({ room, user }: { room: ListedRoom; user: User }) {
  const path = { room_id: room.room_id };
  const people = useResource(
    `people ${room.room_id}`,
    async (signal) =>
      (await ask(api.GET("/rooms/{room_id}/participants", { params: { path }, signal }))).participants,
    5_000,
    SETTLED,
  );
  return (
    <section className="panel" aria-labelledby="inside-title">
      <h2 id="inside-title">
        In the call <span className="tally">{people.data?.length ?? ""}</span>
      </h2>
      {!people.data && <Skeleton lines={2} />}
      {people.data?.length === 0 && <p className="hint">Nobody yet. The first one opens the call.</p>}
      {people.data && people.data.length > 0 && (
      <ul className="people">
        {people.data.map((person) => (
          <li key={person.identity}>
            <Avatar name={person.name} />
            <span className="grow">
              {person.name}
              {person.identity === user.username && <span className="optional"> you</span>}
            </span>
            <span className="hint">{person.state === "JOINING" ? "joining…" : since(person.joined_at * 1000)}</span>
          </li>
        ))}
      </ul>
      )}
    </section>
  );
}

function Bans({ room }: { room: ListedRoom }) {
  const path = { room_id: room.room_id };
  const bans = useResource(
    `bans ${room.room_id}`,
    async (signal) => (await ask(api.GET("/rooms/{room_id}/bans", { params: { path }, signal }))).bans,
  );
  if (!bans.data?.length) return null;

  async function lift(username: string) {
    await ask(api.DELETE("/rooms/{room_id}/bans/{username}", { params: { path: { ...path, username } } })).then(
      () => toast(`${username} may join again`),
      (error: Error) => toast(error.message),
    );
    bans.reload();
  }

  return (
    <section className="panel" aria-labelledby="bans-title">
      <h2 id="bans-title">Banned</h2>
      <ul className="people">
        {bans.data.map((ban) => (
          <li key={ban.username}>
            <Avatar name={ban.username} />
            <span className="grow">{ban.username}</span>
            <Button onClick={() => lift(ban.username)}>Lift ban</Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Loading() {
  return (
    <Shell>
      <div className="room-page" role="status">
        <h1 className="sr">Loading the room</h1>
        <div className="panel">
          <Skeleton lines={4} />
        </div>
      </div>
    </Shell>
  );
}

export function RoomPage({ id, user }: { id: string; user: User }) {
  const path = { room_id: id };
  const [open, setOpen] = useState<"edit" | "end">();
  const found = useResource(
    `room ${id}`,
    (signal) => ask(api.GET("/rooms/{room_id}", { params: { path }, signal })),
    10_000,
    SETTLED,
  );
  const room = found.data;

  // The call's code comes while the page is read.
  useEffect(() => {
    const timer = setTimeout(() => void import("../call/call_page").catch(() => undefined), 1500);
    return () => clearTimeout(timer);
  }, []);

  if (!room) {
    if (!found.failure || found.failure.away) return <Loading />;
    return (
      <StatePage icon="door" title={found.failure.status === 404 ? "There is no such room" : "The room cannot be shown"}>
        <p>{found.failure.status === 404 ? "The link may be incomplete." : found.failure.message}</p>
        <Link className="button main" to="/">
          All rooms
        </Link>
      </StatePage>
    );
  }

  const mine = room.creator_id === user.id;
  const limit = seats(room);
  const full = limit !== undefined && room.participants_count >= limit;

  async function end() {
    await ask(api.DELETE("/rooms/{room_id}", { params: { path } }));
    toast("Room ended");
    found.reload();
  }

  return (
    <Shell>
      <Link className="backlink" to="/">
        <Icon name="back" size={16} /> Rooms
      </Link>
      <div className="room-page">
        <div className="room-main">
          <section className="panel room-hero">
            <span className={`live ${room.participants_count > 0 ? "on" : ""}`}>
              {!room.is_active
                ? "Ended"
                : room.participants_count > 0
                  ? `${room.participants_count} in the call`
                  : "Nobody in yet"}
            </span>
            <Heading title={room.name} />
            {room.description && <p className="room-text">{room.description}</p>}
            <p className="room-by">
              <Avatar name={nameOf(room.creator)} size={24} />
              <span>
                {mine ? "Your room" : nameOf(room.creator)} · {when(room.created_at)}
                {limit !== undefined && ` · ${count(limit, "seat", "seats")}`}
              </span>
            </p>
            {room.is_active ? (
              <div className="actions">
                <Button look="main" icon="camera" className="big" onClick={() => navigate(`/room/${room.room_id}/call`)}>
                  Join the call
                </Button>
                {mine && (
                  <>
                    <Button icon="edit" onClick={() => setOpen("edit")}>
                      Edit
                    </Button>
                    <Button look="danger" icon="trash" onClick={() => setOpen("end")}>
                      End room
                    </Button>
                  </>
                )}
              </div>
            ) : (
              <Notice>This room has ended. {mine ? "Its visits are kept below." : "Ask for a new link."}</Notice>
            )}
            {room.is_active && full && <p className="hint">All seats are taken at the moment.</p>}
          </section>
          {mine && <Visits room={room} />}
        </div>
        <aside className="room-side" aria-label="Room details">
          {room.is_active && <Share room={room} />}
          {room.is_active && <Inside room={room} user={user} />}
          {mine && <Bans room={room} />}
        </aside>
      </div>
      {open === "edit" && (
        <RoomForm
          room={room}
          onClose={() => setOpen(undefined)}
          onDone={() => {
            setOpen(undefined);
            toast("Saved");
            found.reload();
          }}
        />
      )}
      {open === "end" && (
        <Confirm title="End this room?" action="End room" onClose={() => setOpen(undefined)} onConfirm={end}>
          <p>Everybody in the call is disconnected and the link stops working. This cannot be undone.</p>
        </Confirm>
      )}
    </Shell>
  );
}

