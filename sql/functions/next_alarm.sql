-- When something is due next for a call that ends then: five minutes before, one
-- minute before, or the end itself.
create or replace function next_alarm(ends timestamptz)
returns timestamptz
language sql stable
as $$
	select ends - case
		when now() < ends - interval '5 minutes' then interval '5 minutes'
		when now() < ends - interval '1 minute' then interval '1 minute'
		else interval '0'
	end;
$$;
