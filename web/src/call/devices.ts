import { useEffect, useState } from "react";

/** What one chose: kept for the next call; what runs now: kept for a reload. */
export interface Choices {
  camera: boolean;
  microphone: boolean;
  cameraId: string | undefined;
  microphoneId: string | undefined;
  speakerId: string | undefined;
}

const KEPT = "parley.devices";
const RUNNING = "parley.call";

const DEFAULTS: Choices = {
  camera: true,
  microphone: true,
  cameraId: undefined,
  microphoneId: undefined,
  speakerId: undefined,
};

function read<T>(storage: Storage, key: string): Partial<T> {
  try {
    return (JSON.parse(storage.getItem(key) ?? "{}") ?? {}) as Partial<T>;
  } catch {
    return {};
  }
}

export function keptChoices(): Choices {
  return { ...DEFAULTS, ...read<Choices>(localStorage, KEPT) };
}

export function keepChoices(choices: Choices): void {
  localStorage.setItem(KEPT, JSON.stringify(choices));
}

/** Whether this tab was in that room's call when it was reloaded. */
export function wasInCall(room: string): boolean {
  return read<{ room: string }>(sessionStorage, RUNNING).room === room;
}

export function noteCall(room: string | undefined): void {
  if (room) sessionStorage.setItem(RUNNING, JSON.stringify({ room }));
  else sessionStorage.removeItem(RUNNING);
}

export type Trouble = "refused" | "missing" | "busy" | "insecure";

/** Why a device gives nothing. */
export function troubleOf(error: unknown): Trouble {
  if (!isSecureContext) return "insecure";
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "refused";
  if (name === "NotFoundError" || name === "OverconstrainedError" || name === "DeviceUnsupportedError") return "missing";
  return "busy";
}

export function troubleText(kind: "camera" | "microphone", trouble: Trouble): string {
  const what = kind === "camera" ? "camera" : "microphone";
  switch (trouble) {
    case "refused":
      return `The browser may not use your ${what}. Allow it in the address bar, or join without.`;
    case "missing":
      return `No ${what} was found. Plug one in, or join without.`;
    case "insecure":
      return `Browsers give your ${what} only to pages that came over HTTPS. You can join without.`;
    case "busy":
      return `Your ${what} does not start; another program may be using it. You can join without.`;
  }
}

/** The devices of a kind, kept up to date. They have names once their use was allowed. */
export function useDevices(kind: MediaDeviceKind, allowed: boolean): MediaDeviceInfo[] {
  const [devices, setDevices] = useState<MediaDeviceInfo[]>([]);
  useEffect(() => {
    const media = navigator.mediaDevices as MediaDevices | undefined;
    if (!media) return;
    let over = false;
    const look = () =>
      void media.enumerateDevices().then(
        (all) => over || setDevices(all.filter((each) => each.kind === kind && each.deviceId)),
        () => undefined,
      );
    look();
    media.addEventListener("devicechange", look);
    return () => {
      over = true;
      media.removeEventListener("devicechange", look);
    };
  }, [kind, allowed]);
  return devices;
}

/** Whether sound can be sent to a speaker of one's choice: not in every browser. */
export const speakersCanBeChosen = "setSinkId" in HTMLMediaElement.prototype;
