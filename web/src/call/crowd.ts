import type { TrackReference } from "@livekit/components-react";
import { ConnectionQuality, type Participant, type Room, Track, type TrackPublication } from "livekit-client";

/** What the pages show of one person, as plain data. */
export interface Person {
  key: string;
  identity: string;
  name: string;
  local: boolean;
  microphone: TrackPublication | undefined;
  camera: TrackReference | undefined;
  screen: TrackReference | undefined;
  speaking: boolean;
  quality: "good" | "poor" | "lost";
}

export type Crowd = readonly Person[];

function visible(participant: Participant, source: Track.Source, last: TrackReference | undefined) {
  const publication = participant.getTrackPublication(source);
  if (!publication || publication.isMuted || !publication.track) return undefined;
  if (last?.publication === publication && last.participant === participant) return last;
  return { participant, publication, source };
}

function quality(participant: Participant): Person["quality"] {
  switch (participant.connectionQuality) {
    case ConnectionQuality.Poor:
      return "poor";
    case ConnectionQuality.Lost:
      return "lost";
    default:
      return "good";
  }
}

function personOf(participant: Participant, last: Person | undefined): Person {
  const microphone = participant.getTrackPublication(Track.Source.Microphone);
  const on = microphone !== undefined && !microphone.isMuted;
  const person: Person = {
    key: participant.identity,
    identity: participant.identity,
    name: participant.name || participant.identity,
    local: participant.isLocal,
    microphone: on ? microphone : undefined,
    camera: visible(participant, Track.Source.Camera, last?.camera),
    screen: visible(participant, Track.Source.ScreenShare, last?.screen),
    speaking: on && participant.isSpeaking,
    quality: quality(participant),
  };
  if (!last) return person;
  const same = (Object.keys(person) as (keyof Person)[]).every((key) => Object.is(person[key], last[key]));
  return same ? last : person;
}

/**
 * Everybody in the room, oneself first, then as they came. Whoever has not
 * changed since `before` is the same object, so that nothing of theirs is
 * rendered again.
 */
export function crowdOf(room: Room, before: Crowd): Crowd {
  const last = new Map(before.map((person) => [person.key, person]));
  const others = [...room.remoteParticipants.values()].sort(
    (a, b) => (a.joinedAt?.getTime() ?? 0) - (b.joinedAt?.getTime() ?? 0) || a.sid.localeCompare(b.sid),
  );
  const crowd = [room.localParticipant, ...others]
    .filter((participant) => participant.identity)
    .map((participant) => personOf(participant, last.get(participant.identity)));
  const same = crowd.length === before.length && crowd.every((person, index) => person === before[index]);
  return same ? before : crowd;
}
