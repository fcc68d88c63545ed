import { useState } from "react";
import type { Room } from "../api/client";
import { pending } from "../api/pending";
import { useResource } from "../resource";
import { Button, Skeleton } from "../ui/controls";
import { duration, when } from "../words";

interface Visit {
  user_id: number;
  identity: string;
  joined_at: string;
  left_at: string | null;
  seconds: number | null;
  leave_reason: string | null;
}

const ON_PAGE = 10;

const REASONS: Readonly<Record<string, string>> = {
  PARTICIPANT_REMOVED: "removed",
  ROOM_DELETED: "room ended",
  CONNECTION_TIMEOUT: "connection lost",
  SIGNAL_CLOSE: "connection lost",
  DUPLICATE_IDENTITY: "came from elsewhere",
};

/** For the room's creator: who was here, and for how long. */
export function Visits({ room }: { room: Room }) {
  const [page, setPage] = useState(0);
  // One more than is shown tells whether there is another page.
  const visits = useResource(`visits ${room.room_id} ${page}`, async () => {
    const query = `skip=${page * ON_PAGE}&limit=${ON_PAGE + 1}`;
    return (await pending<{ visits: Visit[] }>("GET", `/rooms/${room.room_id}/visits?${query}`)).visits;
  });
  const more = (visits.data?.length ?? 0) > ON_PAGE;

  return (
    <section className="panel visits" aria-labelledby="visits-title">
      <h2 id="visits-title">Past visits</h2>
      {!visits.data && !visits.failure && <Skeleton lines={3} />}
      {visits.failure && !visits.failure.away && <p className="hint">{visits.failure.message}</p>}
      {visits.data?.length === 0 && page === 0 && <p className="hint">Nobody has been here yet.</p>}
      {visits.data && visits.data.length > 0 && (
        <div className="scroll" tabIndex={0} role="region" aria-label="Past visits">
          <table>
            <thead>
              <tr>
                <th scope="col">Who</th>
                <th scope="col">Came</th>
                <th scope="col">Stayed</th>
              </tr>
            </thead>
            <tbody>
              {visits.data.slice(0, ON_PAGE).map((visit) => (
                <tr key={`${visit.user_id} ${visit.joined_at}`}>
                  <th scope="row">{visit.identity}</th>
                  <td>{when(visit.joined_at)}</td>
                  <td>
                    {visit.left_at ? duration(visit.seconds ?? 0) : "here now"}
                    {visit.leave_reason && REASONS[visit.leave_reason] && (
                      <span className="hint"> · {REASONS[visit.leave_reason]}</span>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {(page > 0 || more) && (
        <nav className="pager" aria-label="Pages of visits">
          <Button icon="back" disabled={page === 0} onClick={() => setPage(page - 1)}>
            Newer
          </Button>
          <Button icon="forward" disabled={!more} onClick={() => setPage(page + 1)}>
            Older
          </Button>
        </nav>
      )}
    </section>
  );
}
