import { type TrackReference, VideoTrack } from "@livekit/components-react";
import { memo, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import { Avatar } from "../ui/controls";
import { Icon } from "../ui/icons";
import type { Crowd, Person } from "./crowd";

/** What has a place on the stage: a person, or the screen that they share. */
interface Spot {
  key: string;
  person: Person;
  screen: boolean;
}

function spotsOf(crowd: Crowd): Spot[] {
  const screens = crowd.filter((person) => person.screen).map((person) => ({ key: `${person.key} screen`, person, screen: true }));
  return [...screens, ...crowd.map((person) => ({ key: person.key, person, screen: false }))];
}

interface TileProps {
  person: Person;
  screen: boolean;
  pinned: boolean;
  onPin: (key: string) => void;
  spot: string;
}

const QUALITY = { poor: "Weak connection", lost: "Connection lost" } as const;

const Tile = memo(function Tile({ person, screen, pinned, onPin, spot }: TileProps) {
  const track: TrackReference | undefined = screen ? person.screen : person.camera;
  const name = `${person.name}${person.local ? " (you)" : ""}`;
  return (
    <figure
      className={`tile ${person.speaking && !screen ? "speaking" : ""} ${screen ? "screen" : ""}`}
      data-identity={person.identity}
      aria-label={screen ? `Screen of ${name}` : name}
    >
      {track ? (
        <VideoTrack trackRef={track} className={person.local && !screen ? "mirror" : ""} playsInline />
      ) : (
        <Avatar name={person.name} size={88} />
      )}
      <figcaption>
        {!screen && !person.microphone && (
          <span className="tile-muted" title="Microphone is off">
            <Icon name="micOff" size={16} />
            <span className="sr">Microphone is off, </span>
          </span>
        )}
        {screen && <Icon name="screen" size={16} />}
        <span className="tile-name">{screen ? `${name}: screen` : name}</span>
        {person.quality !== "good" && (
          <span className={`quality ${person.quality}`} title={QUALITY[person.quality]}>
            <Icon name="away" size={16} />
            <span className="sr">, {QUALITY[person.quality]}</span>
          </span>
        )}
      </figcaption>
      <button
        type="button"
        className="tile-pin"
        aria-pressed={pinned}
        aria-label={pinned ? `Unpin ${name}` : `Pin ${name}`}
        title={pinned ? "Unpin" : "Pin"}
        onClick={() => onPin(spot)}
      >
        <Icon name="pin" size={18} />
      </button>
    </figure>
  );
});

/** The size of an element, as it changes. */
function useSize() {
  const element = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const watched = element.current;
    if (!watched) return;
    const measure = () => {
      const { clientWidth: width, clientHeight: height } = watched;
      setSize((last) => (last.width === width && last.height === height ? last : { width, height }));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(watched);
    return () => observer.disconnect();
  }, []);
  return [element, size] as const;
}

const GAP = 10;
const WIDE = 16 / 9;

/** As many columns as make the tiles largest. Tall windows may have tall tiles. */
export function layout(count: number, width: number, height: number): { columns: number; width: number; height: number } {
  let best = { columns: 1, width: 0, height: 0 };
  const shape = width < height ? 1 : WIDE;
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const roomy = { width: (width - GAP * (columns - 1)) / columns, height: (height - GAP * (rows - 1)) / rows };
    const fit = Math.min(roomy.width, roomy.height * shape);
    if (fit > best.width) best = { columns, width: Math.floor(fit), height: Math.floor(fit / shape) };
  }
  return best;
}

/** Nobody watches more faces than this at once; what is not on the page is not sent either. */
function perPage(width: number): number {
  if (width < 600) return 6;
  return width < 1100 ? 12 : 20;
}

function Pages({ page, pages, onPage }: { page: number; pages: number; onPage: (page: number) => void }) {
  if (pages < 2) return null;
  return (
    <nav className="stage-pages" aria-label="Pages of people">
      <button type="button" className="round small" disabled={page === 0} aria-label="Previous people" onClick={() => onPage(page - 1)}>
        <Icon name="back" />
      </button>
      <span>
        {page + 1} / {pages}
      </span>
      <button type="button" className="round small" disabled={page >= pages - 1} aria-label="More people" onClick={() => onPage(page + 1)}>
        <Icon name="forward" />
      </button>
    </nav>
  );
}

function Grid({ spots, tile }: { spots: Spot[]; tile: (spot: Spot) => ReactNode }) {
  const [element, size] = useSize();
  const [wanted, setPage] = useState(0);
  const limit = perPage(size.width);
  const pages = Math.max(1, Math.ceil(spots.length / limit));
  const page = Math.min(wanted, pages - 1);
  const shown = spots.slice(page * limit, (page + 1) * limit);
  const fit = layout(shown.length, size.width, size.height);
  const style = { "--tile-width": `${fit.width}px`, "--tile-height": `${fit.height}px` } as React.CSSProperties;
  return (
    <>
      <div ref={element} className="grid" style={style}>
        {size.width > 0 && shown.map(tile)}
      </div>
      <Pages page={page} pages={pages} onPage={setPage} />
    </>
  );
}

function Focus({ main, others, tile }: { main: Spot; others: Spot[]; tile: (spot: Spot) => ReactNode }) {
  return (
    <div className={`focus ${others.length === 0 ? "alone" : ""}`}>
      <div className="focus-main">{tile(main)}</div>
      {others.length > 0 && <div className="strip">{others.slice(0, 30).map(tile)}</div>}
    </div>
  );
}

/** Who speaks, or spoke last: never oneself. */
function useSpeaker(crowd: Crowd): string | undefined {
  const [speaker, setSpeaker] = useState<string>();
  const speaking = crowd.find((person) => person.speaking && !person.local)?.key;
  useEffect(() => {
    if (speaking) setSpeaker(speaking);
  }, [speaking]);
  return speaker;
}

export type Layout = "grid" | "focus";

interface StageProps {
  crowd: Crowd;
  layout: Layout;
  pinned: string | undefined;
  onPin: (key: string) => void;
}

export function Stage({ crowd, layout: chosen, pinned, onPin }: StageProps) {
  const spots = spotsOf(crowd);
  const speaker = useSpeaker(crowd);
  const tile = (spot: Spot) => (
    <Tile key={spot.key} spot={spot.key} person={spot.person} screen={spot.screen} pinned={spot.key === pinned} onPin={onPin} />
  );

  if (chosen === "grid") return <Grid spots={spots} tile={tile} />;
  const main =
    spots.find((spot) => spot.key === pinned) ??
    spots.find((spot) => spot.screen && !spot.person.local) ??
    spots.find((spot) => spot.screen) ??
    spots.find((spot) => spot.key === speaker) ??
    spots.find((spot) => !spot.person.local) ??
    spots[0];
  if (!main) return null;
  return <Focus main={main} others={spots.filter((spot) => spot !== main)} tile={tile} />;
}
