-- POST .../mute: notes what LiveKit has done, for no webhook tells.
-- $1 whether they are muted, $2 the tracks' sids as a JSON array
with noted as (
	update tracks
	set muted = $1::boolean
	where track_sid in (select json_array_elements_text($2::json))
	returning track_sid
)
select 'ok' as outcome, count(*) from noted
