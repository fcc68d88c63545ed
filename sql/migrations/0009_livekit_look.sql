-- Between two whole rounds of questions LiveKit is asked which calls live.
alter table livekit_state add column looked_at timestamptz not null default '-infinity';

comment on column livekit_state.reconciled_at is 'when a node last began to ask who is in all the rooms';
comment on column livekit_state.looked_at is 'when a node last was at asking anything; others wait a little';
