-- POST /auth/password: stores the new one, unless another change was quicker.
-- $1 the caller's username, $2 the hash that was compared, $3 the new hash
with changed as (
	update users
	set hashed_password = $3, updated_at = now()
	where username = $1 and hashed_password = $2
	returning id
)
select case when exists (select from changed) then 'ok' else 'wrong_password' end as outcome
