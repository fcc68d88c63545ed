-- Switches an account off, which ends all its sessions and gives its seats back,
-- or on again. Whoever calls it has seen to it that the actor may.
create or replace function switch_account(
	subject			text,
	actor			integer,
	of_user			integer,
	active			boolean,
	out outcome		text,
	out account		answer_user
)
language plpgsql
as $$
declare
	was_active boolean;
begin
	outcome := 'ok';

	-- Before the seats of a room comes the room, as everywhere.
	perform
	from rooms r
	where not active and r.id in (
		select p.room_id from room_participants p where p.user_id = of_user and p.is_connected
		union
		select v.room_id from visits v where v.user_id = of_user and v.left_at is null
	)
	order by r.id
	for no key update;

	select coalesce(u.is_active, false) into was_active from users u where u.id = of_user for no key update;
	if not found then
		outcome := 'user_not_found';
		return;
	end if;

	if was_active <> active then
		update users u
		set is_active = active, tokens_since = now(), updated_at = now()
		where u.id = of_user;
		perform audit_note(
			subject, case when active then 'reactivate' else 'deactivate' end, actor, of_user, null
		);
	end if;
	if not active then
		delete from sessions s where s.user_id = of_user;
		perform expel(r.room_id, of_user, 'removed')
		from (
			select p.room_id from room_participants p where p.user_id = of_user and p.is_connected
			union
			select v.room_id from visits v where v.user_id = of_user and v.left_at is null
			order by room_id
		) r;
	end if;

	select a.* into account from answer_user a where a.id = of_user;
end
$$;
