// Stands in for npm's livekit-client where there is no LiveKit server: it
// remembers what the guide's code asks of it. The names are those that the
// guide imports.
const asked = [];

class Room {
	localParticipant = { publishTrack: async (track) => asked.push(["publish", track.kind]) };

	on() {}

	async connect(url, token) {
		asked.push(["connect", url, token]);
	}

	async disconnect() {
		asked.push(["disconnect"]);
	}
}

async function createLocalTracks() {
	return [{ kind: "audio" }, { kind: "video" }];
}

globalThis.asked = asked;

// Version 2 has no connect any more; the guide imports and never calls it.
export const connect = undefined;
export { Room, createLocalTracks };
