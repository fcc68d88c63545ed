-- Warns of the ends of calls, and ends them, where that is due.
select 'ok' as outcome, done
from run_schedule()
