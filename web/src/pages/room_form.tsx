import { api, ask, type Room } from "../api/client";
import { Button, Field, Notice, TextArea } from "../ui/controls";
import { Dialog } from "../ui/dialog";
import { useForm } from "../ui/form";

interface Props {
  /** The room to change; a new one without. */
  room?: Room;
  onClose: () => void;
  onDone: (room: Room) => void;
}

export function RoomForm({ room, onClose, onDone }: Props) {
  const form = useForm(async ({ name = "", description = "", max_participants = "" }) => {
    const body = {
      name: name.trim(),
      description: description.trim() || null,
      max_participants: max_participants === "" ? null : Number(max_participants),
    };
    onDone(
      await ask<Room>(
        room
          ? api.PATCH("/rooms/{room_id}", { params: { path: { room_id: room.room_id } }, body })
          : api.POST("/rooms/", { body }),
      ),
    );
  });

  return (
    <Dialog title={room ? "Edit room" : "New room"} onClose={onClose}>
      {form.problem && <Notice kind="bad">{form.problem}</Notice>}
      <form onSubmit={form.submit}>
        <Field label="Name" name="name" required maxLength={100} defaultValue={room?.name} placeholder="Weekly team sync" error={form.error("name")} />
        <TextArea
          label="Description"
          name="description"
          optional
          rows={3}
          maxLength={10000}
          defaultValue={room?.description ?? ""}
          error={form.error("description")}
        />
        <Field
          label="Seats"
          name="max_participants"
          type="number"
          inputMode="numeric"
          min={1}
          max={1000000}
          defaultValue={room && room.max_participants > 0 ? room.max_participants : 50}
          hint="How many can be in the call at the same time."
          error={form.error("max_participants")}
        />
        <footer>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="main" type="submit" busy={form.busy}>
            {room ? "Save" : "Create room"}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
