import {
  DisconnectReason,
  type LocalTrackPublication,
  Room,
  RoomEvent,
  setLogLevel,
  VideoPresets,
} from "livekit-client";
import { api, ask } from "../api/client";
import { asFailure, Failure } from "../api/failure";
import { away } from "../api/server";
import { Store } from "../store";
import { type Crowd, crowdOf } from "./crowd";
import { type Choices, keepChoices, keptChoices, noteCall, type Trouble, troubleOf } from "./devices";
import { Throttle } from "./throttle";

setLogLevel("warn");

// With it livekit-client 2.23 means to hold a Room weakly, but what it registers
// has the Room in its scope: every call ever made would stay in memory. Without
// it the listener goes with close().
Room.cleanupRegistry = false;

// A page that did not come over HTTPS has no randomUUID, and livekit-client asks
// for one with every message: there, too, people can at least listen and write.
crypto.randomUUID ??= () => {
  const octets = crypto.getRandomValues(new Uint8Array(16));
  octets[6] = (octets[6]! & 0x0f) | 0x40;
  octets[8] = (octets[8]! & 0x3f) | 0x80;
  const hex = Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

/** Why a call is over. */
export type Ending = "left" | "removed" | "banned" | "ended" | "elsewhere" | "full" | "gone" | "failed";

export type CallState =
  | { phase: "joining" }
  | { phase: "on"; link: "good" | "reconnecting" }
  | { phase: "over"; why: Ending; text: string };

export interface Message {
  id: string;
  from: string;
  own: boolean;
  /** From the room's creator by way of the server, not from a person in the call. */
  announcement: boolean;
  text: string;
  at: number;
}

/** LiveKit's own topic, so that its other clients can read along. */
const CHAT = "lk.chat";
const MESSAGES_KEPT = 500;

/** By the server, before it sends somebody out for good: LiveKit only says that they were removed. */
export const BAN_NOTICE = "parley.banned";

/** Whatever changes what is shown of the people. */
const CROWD_EVENTS = [
  RoomEvent.ParticipantConnected,
  RoomEvent.ParticipantDisconnected,
  RoomEvent.ParticipantNameChanged,
  RoomEvent.TrackPublished,
  RoomEvent.TrackUnpublished,
  RoomEvent.TrackSubscribed,
  RoomEvent.TrackUnsubscribed,
  RoomEvent.TrackMuted,
  RoomEvent.TrackUnmuted,
  RoomEvent.LocalTrackPublished,
  RoomEvent.LocalTrackUnpublished,
  RoomEvent.ActiveSpeakersChanged,
  RoomEvent.ConnectionQualityChanged,
  RoomEvent.Connected,
] as const;
const CROWD_PAUSE = 250;

/** After which the seat of one who left must have been given back, in milliseconds. */
const SEAT_PAUSE = 2000;

const CONNECTING = { maxRetries: 1, websocketTimeout: 8000, peerConnectionTimeout: 8000 };

const NO_LIVEKIT = "The call server cannot be reached. A firewall may be in the way, or it is being restarted.";
const NOT_LET_IN = "The call server did not let you in. Try once more.";

class NoLiveKit extends Failure {
  constructor(cause: unknown) {
    super(0, cause instanceof Error && /permission|allowed/i.test(cause.message) ? NOT_LET_IN : NO_LIVEKIT);
  }
}

/** Between two tries to get back into a call, in seconds; then it is given up. */
const RETURNS = [0.5, 1, 2, 3, 5, 5, 5, 10, 10, 10, 15, 15, 15, 15, 15, 15];

function endingOf(failure: Failure): Ending {
  if (failure.status === 409) return "full";
  if (failure.status === 404) return "gone";
  if (failure.status === 403) return /banned/i.test(failure.message) ? "banned" : "failed";
  if (failure.status === 400 && /not active/i.test(failure.message)) return "ended";
  return "failed";
}

/**
 * One stay in a room's call, from taking the seat to giving it back. It is no
 * component: the pages watch its stores, and when it is closed nothing of it
 * runs any more.
 */
export class CallSession {
  readonly state = new Store<CallState>({ phase: "joining" });
  readonly crowd = new Store<Crowd>([]);
  readonly messages = new Store<readonly Message[]>([]);
  /** False while the browser waits for a click before it plays sound. */
  readonly audible = new Store(true);
  readonly choices: Store<Choices>;
  readonly cameraTrouble = new Store<Trouble | undefined>(undefined);
  readonly microphoneTrouble = new Store<Trouble | undefined>(undefined);
  readonly room: Room;

  private readonly refreshCrowd = new Throttle(
    () => this.crowd.set(crowdOf(this.room, this.crowd.get())),
    CROWD_PAUSE,
  );
  private readonly closing = new AbortController();
  private announcements = 0;
  private banned = false;

  constructor(private readonly roomId: string) {
    const choices = keptChoices();
    this.choices = new Store(choices);
    this.room = new Room({
      adaptiveStream: true,
      dynacast: true,
      publishDefaults: { simulcast: true },
      videoCaptureDefaults: { resolution: VideoPresets.h720.resolution, ...(choices.cameraId && { deviceId: choices.cameraId }) },
      audioCaptureDefaults: choices.microphoneId ? { deviceId: choices.microphoneId } : {},
      ...(choices.speakerId && { audioOutput: { deviceId: choices.speakerId } }),
    });
    // 50 people are more listeners than one warns about.
    this.room.setMaxListeners(200);
    for (const event of CROWD_EVENTS) this.room.on(event, this.refreshCrowd.ask);
    this.room
      .on(RoomEvent.Disconnected, this.onDisconnected)
      .on(RoomEvent.Reconnecting, this.onReconnecting)
      .on(RoomEvent.SignalReconnecting, this.onReconnecting)
      .on(RoomEvent.Reconnected, this.onReconnected)
      .on(RoomEvent.AudioPlaybackStatusChanged, this.onPlayback)
      .on(RoomEvent.DataReceived, this.onData);
    this.room.registerTextStreamHandler(CHAT, async (reader, from) => {
      const text = await reader.readAll();
      this.addMessage({
        id: reader.info.id,
        from: this.room.getParticipantByIdentity(from.identity)?.name || from.identity,
        own: false,
        announcement: false,
        text,
        at: reader.info.timestamp,
      });
    });
  }

  get closed(): boolean {
    return this.closing.signal.aborted;
  }

  /** Takes a seat and enters; a second time if LiveKit hung up at the door. */
  async start(): Promise<void> {
    for (let left = 1; !this.closed; left--) {
      try {
        return await this.enter();
      } catch (error) {
        if (this.closed || (error instanceof NoLiveKit && left > 0)) continue;
        const failure = asFailure(error);
        this.end(endingOf(failure), failure.message);
      }
    }
  }

  /** Leaves: every track stops, every listener goes, the seat is given back. */
  close(why: Ending = "left", text = ""): void {
    if (this.closed) return;
    const seat = this.state.get().phase === "on" ? this.room.localParticipant.sid : undefined;
    this.closing.abort();
    this.refreshCrowd.stop();
    noteCall(undefined);
    this.state.set({ phase: "over", why, text });
    this.room.unregisterTextStreamHandler(CHAT);
    void this.room.disconnect(true).finally(() => {
      this.room.removeAllListeners();
      navigator.mediaDevices?.removeEventListener("devicechange", this.room["handleDeviceChange"]);
      this.crowd.set([]);
    });
    if (why === "left" && seat) setTimeout(() => void this.checkSeat(seat), SEAT_PAUSE);
  }

  // --- one's own devices ---

  async setCamera(on: boolean): Promise<void> {
    await this.switchDevice("camera", on, this.cameraTrouble, (wanted) =>
      this.room.localParticipant.setCameraEnabled(wanted),
    );
  }

  async setMicrophone(on: boolean): Promise<void> {
    await this.switchDevice("microphone", on, this.microphoneTrouble, (wanted) =>
      this.room.localParticipant.setMicrophoneEnabled(wanted),
    );
  }

  /** False when the picker was closed without a choice. */
  async setScreen(on: boolean): Promise<boolean> {
    try {
      await this.room.localParticipant.setScreenShareEnabled(on, { audio: true, selfBrowserSurface: "exclude" });
      return true;
    } catch (error) {
      if (troubleOf(error) === "refused") return false;
      throw error;
    } finally {
      this.refreshCrowd.ask();
    }
  }

  async setDevice(kind: MediaDeviceKind, id: string): Promise<void> {
    await this.room.switchActiveDevice(kind, id);
    const key = { videoinput: "cameraId", audioinput: "microphoneId", audiooutput: "speakerId" }[kind];
    this.choose({ [key]: id });
  }

  async playSound(): Promise<void> {
    await this.room.startAudio().catch(() => undefined);
  }

  // --- chat ---

  async say(text: string): Promise<void> {
    const { localParticipant } = this.room;
    const info = await localParticipant.sendText(text, { topic: CHAT });
    this.addMessage({
      id: info.id,
      from: localParticipant.name || localParticipant.identity,
      own: true,
      announcement: false,
      text,
      at: info.timestamp,
    });
  }

  // --- inside ---

  private choose(change: Partial<Choices>): void {
    const choices = { ...this.choices.get(), ...change };
    this.choices.set(choices);
    keepChoices(choices);
  }

  private async switchDevice(
    kind: "camera" | "microphone",
    on: boolean,
    trouble: Store<Trouble | undefined>,
    act: (on: boolean) => Promise<LocalTrackPublication | undefined>,
  ): Promise<void> {
    this.choose({ [kind]: on });
    try {
      await act(on);
      trouble.set(undefined);
    } catch (error) {
      if (this.closed) return;
      trouble.set(troubleOf(error));
    } finally {
      if (!this.closed) this.refreshCrowd.ask();
    }
  }

  private async enter(): Promise<void> {
    const path = { room_id: this.roomId };
    const joined = await ask(
      api.POST("/rooms/{room_id}/join", { params: { path }, signal: this.closing.signal }),
    );
    const [url = ""] = joined.room_url.split("?");
    if (this.closed) return;
    try {
      await this.room.connect(url, joined.token, CONNECTING);
    } catch (error) {
      throw new NoLiveKit(error);
    }
    if (this.closed) {
      // Closed while it connected: close() had nothing yet to disconnect.
      await this.room.disconnect(true);
      await this.giveSeatBack();
      return;
    }
    noteCall(this.roomId);
    this.audible.set(this.room.canPlaybackAudio);
    this.state.set({ phase: "on", link: "good" });
    this.refreshCrowd.ask();
    const { camera, microphone } = this.choices.get();
    await Promise.all([microphone && this.setMicrophone(true), camera && this.setCamera(true)]);
  }

  private async giveSeatBack(): Promise<void> {
    const path = { room_id: this.roomId };
    await api.POST("/rooms/{room_id}/leave", { params: { path } }).catch(() => undefined);
  }

  /**
   * LiveKit tells the server who left. Only if it did not, the seat is given
   * back by hand: doing so at once would have the server remove somebody who is
   * gone already, and that may hit a quick return.
   */
  private async checkSeat(sid: string): Promise<void> {
    const path = { room_id: this.roomId };
    const { data } = await api.GET("/rooms/{room_id}/participants", { params: { path } }).catch(() => ({ data: undefined }));
    if (data?.participants.some((each) => each.sid === sid)) await this.giveSeatBack();
  }

  private end(why: Ending, text = ""): void {
    this.close(why, text);
  }

  private readonly onDisconnected = (reason?: DisconnectReason): void => {
    if (this.closed || this.state.get().phase !== "on") return;
    switch (reason) {
      case DisconnectReason.CLIENT_INITIATED:
        return;
      case DisconnectReason.DUPLICATE_IDENTITY:
        return this.end("elsewhere");
      case DisconnectReason.PARTICIPANT_REMOVED:
        return this.end(this.banned ? "banned" : "removed");
      case DisconnectReason.ROOM_DELETED:
        return this.end("ended");
      default:
        // LiveKit restarted, or the connection was lost for longer than its
        // own tries last: a new token, and in again.
        void this.comeBack();
    }
  };

  private async comeBack(): Promise<void> {
    this.state.set({ phase: "on", link: "reconnecting" });
    for (const seconds of RETURNS) {
      await this.pause(seconds);
      if (this.closed) return;
      try {
        return await this.enter();
      } catch (error) {
        if (this.closed) return;
        const failure = asFailure(error);
        const ending = endingOf(failure);
        if (ending !== "failed" || failure.status === 401) return this.end(ending, failure.message);
      }
    }
    this.end("failed", "The connection was lost and did not come back.");
  }

  /** Waits, but no longer than until the server or the network is back. */
  private pause(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        unwatch();
        removeEventListener("online", done);
        this.closing.signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, seconds * 1000);
      const unwatch = away.watch(() => away.get() || done());
      addEventListener("online", done);
      this.closing.signal.addEventListener("abort", done);
    });
  }

  private readonly onReconnecting = (): void => {
    if (!this.closed) this.state.set({ phase: "on", link: "reconnecting" });
  };

  private readonly onReconnected = (): void => {
    if (this.closed) return;
    this.state.set({ phase: "on", link: "good" });
    this.refreshCrowd.ask();
  };

  private readonly onPlayback = (): void => {
    this.audible.set(this.room.canPlaybackAudio);
  };

  /** What the server sends to all: the creator's announcements. People's own data comes from somebody. */
  private readonly onData = (payload: Uint8Array, participant?: unknown, _kind?: unknown, topic?: string): void => {
    if (participant) return;
    const text = new TextDecoder().decode(payload);
    if (topic === BAN_NOTICE) {
      this.banned ||= text === this.room.localParticipant.identity;
      return;
    }
    this.addMessage({
      id: `announcement ${++this.announcements}`,
      from: "Announcement",
      own: false,
      announcement: true,
      text,
      at: Date.now(),
    });
  };

  private addMessage(message: Message): void {
    const text = message.text.trim();
    if (text) this.messages.set([...this.messages.get().slice(1 - MESSAGES_KEPT), { ...message, text }]);
  }
}
