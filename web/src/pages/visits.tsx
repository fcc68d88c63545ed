import { useState } from "react";
import { api, ask, type Room, type Visit } from "../api/client";
import { asFailure } from "../api/failure";
import type { components } from "../api/schema";
import { SETTLED, useResource } from "../resource";
import { Button, Skeleton } from "../ui/controls";
import { toast } from "../ui/toast";
import { duration, when } from "../words";

// The other thing that this call can answer with is a text.
type VisitList = components["schemas"]["Visits"];

const ON_PAGE = 10;
const FETCHED = 1000;

const REASONS: Readonly<Record<string, string>> = {
  PARTICIPANT_REMOVED: "removed",
  ROOM_DELETED: "room ended",
  CONNECTION_TIMEOUT: "connection lost",
  SIGNAL_CLOSE: "connection lost",
  DUPLICATE_IDENTITY: "came from elsewhere",
};

/** All of them, the newest first: the API has them in the order people came. */
async function allVisits(room: Room, signal: AbortSignal): Promise<Visit[]> {
  const found: Visit[] = [];
  for (;;) {
    const params = { path: { room_id: room.room_id }, query: { skip: found.length, limit: FETCHED } };
    const { visits } = (await ask(api.GET("/rooms/{room_id}/visits", { params, signal }))) as VisitList;
    found.push(...visits);
    if (visits.length < FETCHED) return found.reverse();
  }
}

/** The same as one text for spreadsheets, as the server writes it: each page of it begins with the names of the columns. */
async function asCsv(room: Room): Promise<string> {
  let whole = "";
  for (let skip = 0; ; skip += FETCHED) {
    const text = (await ask(
      api.GET("/rooms/{room_id}/visits", {
        params: { path: { room_id: room.room_id }, query: { skip, limit: FETCHED } },
        headers: { Accept: "text/csv" },
        parseAs: "text",
      }),
    )) as string;
    const rows = text.slice(text.indexOf("\n") + 1);
    whole += skip === 0 ? text : rows;
    if (!rows) return whole;
  }
}

async function download(room: Room): Promise<void> {
  try {
    const url = URL.createObjectURL(new Blob([await asCsv(room)], { type: "text/csv" }));
    Object.assign(document.createElement("a"), { href: url, download: `${room.room_id}-visits.csv` }).click();
    URL.revokeObjectURL(url);
  } catch (error) {
    toast(asFailure(error).message);
  }
}

/** For the room's creator: who was here, and for how long. */
export function Visits({ room }: { room: Room }) {
  const [page, setPage] = useState(0);
  const visits = useResource(`visits ${room.room_id}`, (signal) => allVisits(room, signal), undefined, SETTLED);
  const shown = visits.data?.slice(page * ON_PAGE, (page + 1) * ON_PAGE);
  const more = (visits.data?.length ?? 0) > (page + 1) * ON_PAGE;

  return (
    <section className="panel visits" aria-labelledby="visits-title">
      <div className="panel-head">
        <h2 id="visits-title">Past visits</h2>
        {visits.data && visits.data.length > 0 && (
          <Button icon="down" onClick={() => void download(room)}>
            CSV
          </Button>
        )}
      </div>
      {!visits.data && !visits.failure && <Skeleton lines={3} />}
      {visits.failure && !visits.failure.away && <p className="hint">{visits.failure.message}</p>}
      {visits.data?.length === 0 && <p className="hint">Nobody has been here yet.</p>}
      {shown && shown.length > 0 && (
        <div className="scroll" tabIndex={0} role="region" aria-label="Table of visits">
          <table>
            <thead>
              <tr>
                <th scope="col">Who</th>
                <th scope="col">Came</th>
                <th scope="col">Stayed</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((visit) => (
                <tr key={`${visit.user_id} ${visit.joined_at}`}>
                  <th scope="row">{visit.identity}</th>
                  <td>{when(visit.joined_at)}</td>
                  <td>
                    {visit.left_at ? duration(visit.seconds) : "here now"}
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
