-- GET /ready: that a statement runs at all.
select 'ok' as outcome, 'ready' as status
