import { api, ask, type ListedRoom } from "./client";

/** The API pages and does not search: of so many of the newest rooms that is done here. */
const PAGE = 500;
export const ROOMS_KEPT = 1000;

export async function newestRooms(signal: AbortSignal): Promise<ListedRoom[]> {
  const found: ListedRoom[] = [];
  for (;;) {
    const last = found.at(-1);
    const query = { newest: true, limit: PAGE, ...(last && { after: last.id }) };
    const page = await ask(api.GET("/rooms/", { params: { query }, signal }));
    found.push(...page);
    if (page.length < PAGE || found.length >= ROOMS_KEPT) return found;
  }
}

/** Where people are comes first, then what is new. */
export function inOrder(rooms: readonly ListedRoom[]): ListedRoom[] {
  const live = (room: ListedRoom) => (room.participants_count > 0 ? 1 : 0);
  return [...rooms].sort((a, b) => live(b) - live(a) || b.participants_count - a.participants_count || b.id - a.id);
}

export function matching(rooms: readonly ListedRoom[], query: string): ListedRoom[] {
  const words = query.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return rooms.filter((room) => {
    const text = [room.name, room.description, room.creator.username, room.creator.full_name]
      .join("\n")
      .toLocaleLowerCase();
    return words.every((word) => text.includes(word) || word === room.room_id);
  });
}

export function nameOf(user: { username: string; full_name?: string | null }): string {
  return user.full_name || user.username;
}

/** Rooms of an older service may have 0 or less: no limit. */
export function seats(room: { max_participants: number }): number | undefined {
  return room.max_participants > 0 ? room.max_participants : undefined;
}
