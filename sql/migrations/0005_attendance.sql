-- Who was in which call is asked for by the room and by the person.
create index visits_seat on visits (room_id, user_id, joined_at);

comment on index visits_seat is 'the visits of a person to a room, in order';
