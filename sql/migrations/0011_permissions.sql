-- What somebody may no longer do in a call they cannot get back by joining again.
alter table rooms add column permissions jsonb;

alter table outbox
	drop constraint outbox_action_check,
	add constraint outbox_action_check
		check (action in ('delete_room', 'remove_participant', 'send_data', 'update_participant')),
	drop constraint outbox_user_id_check,
	add constraint outbox_user_id_check
		check ((action in ('remove_participant', 'update_participant')) = (user_id is not null));

comment on column rooms.permissions is 'what people may do in the call that is going on, by users.id: only what is not as for everybody; NULL for nobody';
