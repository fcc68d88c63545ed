-- Notes the tracks that LiveKit says people publish: whether they are muted is
-- told by nobody else.
create or replace function livekit_tracks(answer json)
returns void
language sql
as $$
	with known as materialized (
		select p.sid, p.tracks
		from json_to_recordset(answer -> 'participants') as p (sid text, tracks json)
		where exists (select from visits v where v.participant_sid = p.sid)
	), published as (
		select distinct on (t.sid)
			t.sid, p.sid as participant_sid, coalesce(t.source, 'UNKNOWN') as source, coalesce(t.muted, false) as muted
		from known p
		cross join lateral json_to_recordset(coalesce(p.tracks, '[]')) as t (sid text, source text, muted boolean)
		where t.sid is not null
	), noted as (
		insert into tracks (track_sid, participant_sid, source, muted)
		select sid, participant_sid, source, muted from published
		on conflict (track_sid) do update
		set muted = excluded.muted
		where tracks.muted is distinct from excluded.muted
	)
	update tracks t
	set is_gone = true
	from known p
	where t.participant_sid = p.sid and not t.is_gone
		and t.track_sid <> all (array(select sid from published));
$$;
