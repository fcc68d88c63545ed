-- POST /auth/login: what a password is compared with; one row whether or not
-- there is such a user.
-- $1 username, $2 a number that goes with it and that nobody can foretell
--
-- bcrypt takes another time than scrypt, so nobody must not always be compared
-- with the latter while an adopted database has the former: the number chooses
-- whose kind of hash it is. By its last bits, as many as the newest user's number
-- has, or one less, so that it remains the same while accounts are added. It is
-- looked up for those who exist as well, which takes time, too.
select
	'ok' as outcome,
	u.hashed_password,
	coalesce(u.is_active, false) as is_active,
	u.tokens_since,
	(
		select left(like_whom.hashed_password, 7) || repeat('.', 53)
		from (
			select newest.id, (1::bigint << length(ltrim(newest.id::bit(32)::text, '0'))) - 1 as bits
			from (select max(m.id) as id from users m) newest
		) ids
		join users like_whom on like_whom.id = (
			select min(o.id)
			from users o
			where o.id > case
				when $2::bigint & ids.bits < ids.id then $2::bigint & ids.bits
				else $2::bigint & (ids.bits >> 1)
			end
		)
		where like_whom.hashed_password like '$2_$__$%'
	) as stand_in
from (select) as one
left join users u on u.username = $1
