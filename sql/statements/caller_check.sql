-- Before a statement that is shared, which does not know who calls.
-- $1 the caller
select outcome
from caller($1)
