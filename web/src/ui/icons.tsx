/** Line icons on a 24 by 24 grid. They carry no meaning alone: what they stand on has a name. */
const PATHS = {
  mic: "M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3ZM6 11a6 6 0 0 0 12 0M12 17v4M9 21h6",
  micOff: "M9 9v2a3 3 0 0 0 4.6 2.5M15 11V6a3 3 0 0 0-5.7-1.3M6 11a6 6 0 0 0 9.4 4.9M18 11a6 6 0 0 1-.5 2.4M12 17v4M9 21h6M4 4l16 16",
  camera: "M4 7h9a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H4a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1ZM15 11l6-3v8l-6-3",
  cameraOff: "M10 7h3a2 2 0 0 1 2 2v3M15 15a2 2 0 0 1-2 2H4a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1h2M15 11l6-3v8l-3-1.5M4 4l16 16",
  screen: "M4 5h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1ZM8 21h8M12 14V8M9.5 10.5 12 8l2.5 2.5",
  screenOff: "M4 5h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1ZM8 21h8M9.5 8.5l5 5M14.5 8.5l-5 5",
  chat: "M5 5h14a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-7l-4 4v-4H5a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1ZM8 9h8M8 12h5",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20a6.5 6.5 0 0 1 13 0M16 4.5a3.5 3.5 0 0 1 0 6M18 14.5a6.5 6.5 0 0 1 3.5 5.5",
  grid: "M4 4h7v7H4ZM13 4h7v7h-7ZM4 13h7v7H4ZM13 13h7v7h-7Z",
  focus: "M4 4h16v11H4ZM4 18h4v2H4ZM10 18h4v2h-4ZM16 18h4v2h-4Z",
  full: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  fullOff: "M9 4v5H4M15 4v5h5M9 20v-5H4M15 20v-5h5",
  leave: "M3 14.5c5-4.7 13-4.7 18 0l-2.2 2.6-3.6-1.6v-2.8a12 12 0 0 0-6.4 0v2.8l-3.6 1.6Z",
  more: "M12 5.5v.6M12 11.7v.6M12 17.9v.6",
  chevron: "M6 15l6-6 6 6",
  back: "M15 5l-7 7 7 7",
  forward: "M9 5l7 7-7 7",
  down: "M12 4v11M7.5 11 12 15.5 16.5 11M5 20h14",
  plus: "M12 5v14M5 12h14",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM16 16l5 5",
  copy: "M9 9h11v11H9ZM5 15H4V4h11v1",
  check: "M5 13l4 4L19 7",
  close: "M6 6l12 12M18 6 6 18",
  pin: "M9 4h6l-1 6 3 3v2H7v-2l3-3ZM12 15v6",
  send: "M4 12l16-8-6 16-3-7Z",
  edit: "M4 20l1-4L16 5l3 3L8 19ZM14 7l3 3",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  ban: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM6 6l12 12",
  door: "M6 21V4a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v17M3 21h18M14 12h.01",
  sound: "M4 10v4h3l5 4V6L7 10ZM16 9a4 4 0 0 1 0 6M18.5 6.5a8 8 0 0 1 0 11",
  warn: "M12 4 3 20h18ZM12 10v4M12 17h.01",
  away: "M4 9a13 13 0 0 1 16 0M7 12.5a8 8 0 0 1 10 0M10 16a3.5 3.5 0 0 1 4 0M12 19h.01M4 4l16 16",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4 21a8 8 0 0 1 16 0",
  out: "M14 4H5v16h9M10 12h11M17 8l4 4-4 4",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Mark({ size = 32 }: { size?: number }) {
  return (
    <svg className="mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="9" className="mark-ground" />
      <circle cx="12.5" cy="16" r="6.5" className="mark-one" />
      <circle cx="19.5" cy="16" r="6.5" className="mark-two" />
    </svg>
  );
}
