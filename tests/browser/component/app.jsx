// What a frontend has around the guide's component, which stands before this
// with the guide's classes: somebody logs in and chooses a room.
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

const auth = (globalThis.auth = new AuthManager());

function Entrance({ onEnter }) {
	const [problem, setProblem] = useState("");

	const submit = async (event) => {
		event.preventDefault();
		const form = new FormData(event.currentTarget);
		try {
			await auth.login(form.get("username"), form.get("password"));
			onEnter();
		} catch (error) {
			setProblem(error.message);
		}
	};

	return (
		<form onSubmit={submit}>
			<input name="username" aria-label="Username" />
			<input name="password" type="password" aria-label="Password" />
			<button>Log in</button>
			<p role="alert">{problem}</p>
		</form>
	);
}

function Rooms({ onChoose }) {
	const [rooms, setRooms] = useState([]);

	useEffect(() => {
		new RoomService(auth).listRooms().then(setRooms);
	}, []);

	return rooms.map((room) => (
		<button key={room.id} onClick={() => onChoose(room.id)}>
			{room.name} ({room.participants_count})
		</button>
	));
}

function Frontend() {
	const [entered, setEntered] = useState(auth.isAuthenticated());
	const [room, setRoom] = useState(null);

	if (!entered) return <Entrance onEnter={() => setEntered(true)} />;
	if (room === null) return <Rooms onChoose={setRoom} />;
	return (
		<>
			<button onClick={() => setRoom(null)}>All rooms</button>
			<VideoCallComponent roomId={room} authManager={auth} />
		</>
	);
}

createRoot(document.getElementById("root")).render(
	<StrictMode>
		<Frontend />
	</StrictMode>,
);
