import { useDeferredValue, useState } from "react";
import type { ListedRoom } from "../api/client";
import { inOrder, matching, nameOf, newestRooms, ROOMS_KEPT, seats } from "../api/rooms";
import { useResource } from "../resource";
import { Link, navigate, useLocation } from "../router";
import { Avatar, Button, Empty, Notice, Skeleton } from "../ui/controls";
import { Icon } from "../ui/icons";
import { Heading, Shell } from "../ui/page";
import { count } from "../words";
import { RoomForm } from "./room_form";

const ON_PAGE = 24;

function address(query: string, page: number): string {
  const search = new URLSearchParams();
  if (query) search.set("q", query);
  if (page > 1) search.set("page", String(page));
  return search.size > 0 ? `/?${search}` : "/";
}

function RoomCard({ room }: { room: ListedRoom }) {
  const inside = room.participants_count;
  const limit = seats(room);
  const full = limit !== undefined && inside >= limit;
  return (
    <li>
      <Link className="card room-card" to={`/room/${room.room_id}`}>
        <span className={`live ${inside > 0 ? "on" : ""}`}>
          {inside > 0 ? `${inside} in the call` : "Nobody in yet"}
          {full && " · full"}
        </span>
        <h2>{room.name}</h2>
        <p className="room-description">{room.description}</p>
        <span className="room-by">
          <Avatar name={nameOf(room.creator)} size={24} />
          <span>{nameOf(room.creator)}</span>
          {limit !== undefined && <span className="room-seats">{count(limit, "seat", "seats")}</span>}
        </span>
      </Link>
    </li>
  );
}

function Loading() {
  return (
    <div className="cards" role="status">
      <span className="sr">Loading rooms</span>
      {Array.from({ length: 6 }, (_, card) => (
        <div className="card room-card" key={card}>
          <Skeleton lines={4} />
        </div>
      ))}
    </div>
  );
}

function Pager({ query, page, pages }: { query: string; page: number; pages: number }) {
  if (pages < 2) return null;
  return (
    <nav className="pager" aria-label="Pages of rooms">
      {page > 1 ? (
        <Link className="button quiet" to={address(query, page - 1)}>
          <Icon name="back" /> Previous
        </Link>
      ) : (
        <span />
      )}
      <span>
        Page {page} of {pages}
      </span>
      {page < pages ? (
        <Link className="button quiet" to={address(query, page + 1)}>
          Next <Icon name="forward" />
        </Link>
      ) : (
        <span />
      )}
    </nav>
  );
}

export function RoomsPage() {
  const { searchParams } = useLocation();
  const query = searchParams.get("q") ?? "";
  const [making, setMaking] = useState(false);
  const [large, setLarge] = useState(false);
  const rooms = useResource(
    "rooms",
    async (signal) => {
      const found = await newestRooms(signal);
      setLarge(found.length > 200);
      return found;
    },
    // A long list costs more than its counts are worth.
    large ? 60_000 : 10_000,
  );
  const wanted = useDeferredValue(query);
  const found = rooms.data && matching(inOrder(rooms.data), wanted);
  const pages = Math.max(1, Math.ceil((found?.length ?? 0) / ON_PAGE));
  const page = Math.min(pages, Math.max(1, Number(searchParams.get("page")) || 1));
  const shown = found?.slice((page - 1) * ON_PAGE, page * ON_PAGE);

  return (
    <Shell>
      <div className="page-head">
        <Heading title="Rooms" />
        <Button look="main" icon="plus" onClick={() => setMaking(true)}>
          New room
        </Button>
      </div>
      <div className="search" role="search">
        <Icon name="search" />
        <input
          type="search"
          aria-label="Search rooms"
          placeholder="Search by name or person"
          value={query}
          onChange={(event) => navigate(address(event.target.value, 1), { replace: true, keepScroll: true })}
        />
        {query && found && (
          <span className="search-count" role="status">
            {count(found.length, "room", "rooms")}
          </span>
        )}
      </div>
      {rooms.failure && !rooms.failure.away && (
        <Notice kind="bad">
          {rooms.failure.message} <Button onClick={rooms.reload}>Try again</Button>
        </Notice>
      )}
      {!shown && !rooms.failure && <Loading />}
      {shown && shown.length > 0 && (
        <ul className="cards">
          {shown.map((room) => (
            <RoomCard key={room.id} room={room} />
          ))}
        </ul>
      )}
      {shown?.length === 0 && (
        <Empty icon={query ? "search" : "door"} title={query ? "No room fits that" : "No rooms yet"}>
          <p>{query ? "Try fewer words, or make the room." : "Make the first one and send its link to somebody."}</p>
          <Button look="main" icon="plus" onClick={() => setMaking(true)}>
            New room
          </Button>
        </Empty>
      )}
      <Pager query={query} page={page} pages={pages} />
      {rooms.data && rooms.data.length >= ROOMS_KEPT && (
        <p className="hint older">
          These are the newest {ROOMS_KEPT.toLocaleString()} rooms, and search looks through them. Older ones are found by their link.
        </p>
      )}
      {making && <RoomForm onClose={() => setMaking(false)} onDone={(room) => navigate(`/room/${room.room_id}`)} />}
    </Shell>
  );
}
