CREATE TABLE public.audit (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    action text NOT NULL,
    actor_id integer,
    target_id integer,
    room_id integer,
    address text NOT NULL,
    request_id text NOT NULL
);
COMMENT ON TABLE public.audit IS 'who did what to whom; rows go after AUDIT_DAYS. It refers to people and rooms by number only, so that it outlives them';
COMMENT ON COLUMN public.audit.id IS 'in the order of what was done';
COMMENT ON COLUMN public.audit.at IS 'when';
COMMENT ON COLUMN public.audit.action IS 'what was done, in one word';
COMMENT ON COLUMN public.audit.actor_id IS 'who did it; NULL for whoever was refused, and for the command line';
COMMENT ON COLUMN public.audit.target_id IS 'to whom; NULL for nobody else';
COMMENT ON COLUMN public.audit.room_id IS 'in which room';
COMMENT ON COLUMN public.audit.address IS 'the client''s address; command for the command line';
COMMENT ON COLUMN public.audit.request_id IS 'the request''s id, also in the log';
ALTER TABLE public.audit ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (id);
CREATE INDEX audit_action ON public.audit USING btree (action, id);
COMMENT ON INDEX public.audit_action IS 'pages of one action';
CREATE INDEX audit_actor ON public.audit USING btree (actor_id, id);
COMMENT ON INDEX public.audit_actor IS 'pages of one person, as who did it';
CREATE INDEX audit_at ON public.audit USING btree (at);
COMMENT ON INDEX public.audit_at IS 'those to forget';
CREATE INDEX audit_target ON public.audit USING btree (target_id, id);
COMMENT ON INDEX public.audit_target IS 'pages of one person, as to whom it was done';

CREATE TABLE public.bans (
    room_id integer NOT NULL,
    user_id integer NOT NULL,
    reason text,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE public.bans IS 'who may not join a room';
COMMENT ON COLUMN public.bans.room_id IS 'the room';
COMMENT ON COLUMN public.bans.user_id IS 'the person';
COMMENT ON COLUMN public.bans.reason IS 'as the one who banned gave it';
COMMENT ON COLUMN public.bans.created_at IS 'since when';
ALTER TABLE ONLY public.bans
    ADD CONSTRAINT bans_pkey PRIMARY KEY (room_id, user_id);
CREATE INDEX bans_user ON public.bans USING btree (user_id);
COMMENT ON INDEX public.bans_user IS 'the bans of a person';
ALTER TABLE ONLY public.bans
    ADD CONSTRAINT bans_room_id_fkey FOREIGN KEY (room_id) REFERENCES public.rooms(id);
ALTER TABLE ONLY public.bans
    ADD CONSTRAINT bans_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);

CREATE TABLE public.calls (
    session text NOT NULL,
    room_id integer NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone
);
COMMENT ON TABLE public.calls IS 'lives of a room in LiveKit: from the first to come to the last to leave';
COMMENT ON COLUMN public.calls.session IS 'LiveKit''s id of the call';
COMMENT ON COLUMN public.calls.room_id IS 'the room';
COMMENT ON COLUMN public.calls.started_at IS 'the earliest start reported';
COMMENT ON COLUMN public.calls.finished_at IS 'the earliest end reported; nobody is in it after that';
ALTER TABLE ONLY public.calls
    ADD CONSTRAINT calls_pkey PRIMARY KEY (session);
CREATE INDEX calls_room ON public.calls USING btree (room_id);
COMMENT ON INDEX public.calls_room IS 'the calls of a room';
ALTER TABLE ONLY public.calls
    ADD CONSTRAINT calls_room_id_fkey FOREIGN KEY (room_id) REFERENCES public.rooms(id);

CREATE TABLE public.livekit_events (
    id text NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE public.livekit_events IS 'webhooks that were taken in, so that a repeated one changes nothing; old ones are forgotten';
COMMENT ON COLUMN public.livekit_events.id IS 'LiveKit''s id of the event';
COMMENT ON COLUMN public.livekit_events.received_at IS 'when it first came';
ALTER TABLE ONLY public.livekit_events
    ADD CONSTRAINT livekit_events_pkey PRIMARY KEY (id);
CREATE INDEX livekit_events_received ON public.livekit_events USING btree (received_at);
COMMENT ON INDEX public.livekit_events_received IS 'those to forget';

CREATE TABLE public.livekit_state (
    is_single boolean DEFAULT true NOT NULL,
    reconciled_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    looked_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    CONSTRAINT livekit_state_single_check CHECK (is_single)
);
COMMENT ON TABLE public.livekit_state IS 'one row about LiveKit as a whole';
COMMENT ON COLUMN public.livekit_state.is_single IS 'there is only this row';
COMMENT ON COLUMN public.livekit_state.reconciled_at IS 'when a node last began to ask who is in all the rooms';
COMMENT ON COLUMN public.livekit_state.looked_at IS 'when a node last was at asking anything; others wait a little';
ALTER TABLE ONLY public.livekit_state
    ADD CONSTRAINT livekit_state_pkey PRIMARY KEY (is_single);

CREATE TABLE public.outbox (
    id bigint NOT NULL,
    action text NOT NULL,
    room_id integer NOT NULL,
    user_id integer,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    last_error text,
    message text,
    CONSTRAINT outbox_action_check CHECK ((action = ANY (ARRAY['delete_room'::text, 'remove_participant'::text, 'send_data'::text, 'update_participant'::text]))),
    CONSTRAINT outbox_message_check CHECK (((action = 'send_data'::text) = (message IS NOT NULL))),
    CONSTRAINT outbox_user_id_check CHECK (((action = ANY (ARRAY['remove_participant'::text, 'update_participant'::text])) = (user_id IS NOT NULL)))
);
COMMENT ON TABLE public.outbox IS 'what was decided and LiveKit has not yet carried out; rows go when it has';
COMMENT ON COLUMN public.outbox.id IS 'in the order of decisions';
COMMENT ON COLUMN public.outbox.action IS 'what LiveKit is to do';
COMMENT ON COLUMN public.outbox.room_id IS 'the room it is about';
COMMENT ON COLUMN public.outbox.user_id IS 'the person it is about, for remove_participant';
COMMENT ON COLUMN public.outbox.created_at IS 'when it was decided';
COMMENT ON COLUMN public.outbox.due_at IS 'when it is to be tried next';
COMMENT ON COLUMN public.outbox.attempts IS 'how often it was tried in vain';
COMMENT ON COLUMN public.outbox.last_error IS 'what the last attempt met';
COMMENT ON COLUMN public.outbox.message IS 'what everybody in the room is to be told, for send_data';
ALTER TABLE public.outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);
CREATE INDEX outbox_due ON public.outbox USING btree (due_at);
COMMENT ON INDEX public.outbox_due IS 'what is to be tried now';
CREATE UNIQUE INDEX outbox_once ON public.outbox USING btree (action, room_id, COALESCE(user_id, 0));
COMMENT ON INDEX public.outbox_once IS 'one errand of a kind';
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_room_id_fkey FOREIGN KEY (room_id) REFERENCES public.rooms(id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);

CREATE TABLE public.room_participants (
    id integer NOT NULL,
    room_id integer NOT NULL,
    user_id integer NOT NULL,
    joined_at timestamp with time zone DEFAULT now(),
    left_at timestamp with time zone,
    is_connected boolean DEFAULT true,
    promised_at timestamp with time zone,
    closed_by text
);
COMMENT ON TABLE public.room_participants IS 'seats: who has, or had, the right to be in a room';
COMMENT ON COLUMN public.room_participants.id IS 'of this seat';
COMMENT ON COLUMN public.room_participants.room_id IS 'the room';
COMMENT ON COLUMN public.room_participants.user_id IS 'the person';
COMMENT ON COLUMN public.room_participants.joined_at IS 'when the seat was taken';
COMMENT ON COLUMN public.room_participants.left_at IS 'when it was given back; NULL while it is held';
COMMENT ON COLUMN public.room_participants.is_connected IS 'the seat is held; NULL reads as false';
COMMENT ON COLUMN public.room_participants.promised_at IS 'when a token for this seat was last given; NULL: by the old service';
COMMENT ON COLUMN public.room_participants.closed_by IS 'why the seat was given back: left, removed, banned, deleted, timeout or disconnected';
CREATE SEQUENCE public.room_participants_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.room_participants_id_seq OWNED BY public.room_participants.id;
ALTER TABLE ONLY public.room_participants ALTER COLUMN id SET DEFAULT nextval('public.room_participants_id_seq'::regclass);
ALTER TABLE ONLY public.room_participants
    ADD CONSTRAINT room_participants_pkey PRIMARY KEY (id);
CREATE INDEX ix_room_participants_id ON public.room_participants USING btree (id);
CREATE INDEX room_participants_newest ON public.room_participants USING btree (room_id, user_id, id DESC);
COMMENT ON INDEX public.room_participants_newest IS 'the seat a person has or last had in a room';
CREATE UNIQUE INDEX room_participants_seat ON public.room_participants USING btree (room_id, user_id) WHERE is_connected;
COMMENT ON INDEX public.room_participants_seat IS 'one seat a person and room; also counts the seats of a room';
CREATE INDEX room_participants_user ON public.room_participants USING btree (user_id);
COMMENT ON INDEX public.room_participants_user IS 'the seats of a person';
ALTER TABLE ONLY public.room_participants
    ADD CONSTRAINT room_participants_room_id_fkey FOREIGN KEY (room_id) REFERENCES public.rooms(id);
ALTER TABLE ONLY public.room_participants
    ADD CONSTRAINT room_participants_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);

CREATE TABLE public.rooms (
    id integer NOT NULL,
    name character varying(100) NOT NULL,
    room_id character varying(100) NOT NULL,
    description text,
    creator_id integer NOT NULL,
    is_active boolean DEFAULT true,
    max_participants integer DEFAULT 50,
    created_at timestamp with time zone DEFAULT now(),
    updated_at timestamp with time zone,
    opens_at timestamp with time zone,
    closes_at timestamp with time zone,
    max_minutes integer,
    permissions jsonb,
    CONSTRAINT rooms_max_minutes_check CHECK ((max_minutes > 0)),
    CONSTRAINT rooms_opens_at_check CHECK ((closes_at > opens_at))
);
COMMENT ON TABLE public.rooms IS 'rooms people meet in; a deleted one stays, inactive';
COMMENT ON COLUMN public.rooms.id IS 'its number in paths';
COMMENT ON COLUMN public.rooms.name IS 'a label';
COMMENT ON COLUMN public.rooms.room_id IS 'room_ and 8 hex digits: its name in LiveKit and in paths';
COMMENT ON COLUMN public.rooms.description IS 'a label';
COMMENT ON COLUMN public.rooms.creator_id IS 'who made it and may change, moderate and delete it';
COMMENT ON COLUMN public.rooms.is_active IS 'may be joined; NULL reads as false';
COMMENT ON COLUMN public.rooms.max_participants IS 'seats; NULL reads as 50, 0 or less as no limit';
COMMENT ON COLUMN public.rooms.created_at IS 'when it was made';
COMMENT ON COLUMN public.rooms.updated_at IS 'when it was last changed';
COMMENT ON COLUMN public.rooms.opens_at IS 'nobody may join before; NULL for no such time';
COMMENT ON COLUMN public.rooms.closes_at IS 'nobody may join from then on, and the call is ended; NULL for no such time';
COMMENT ON COLUMN public.rooms.max_minutes IS 'how long a call may last; NULL for as long as they like';
COMMENT ON COLUMN public.rooms.permissions IS 'what people may do in the call that is going on, by users.id: only what is not as for everybody; NULL for nobody';
CREATE SEQUENCE public.rooms_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.rooms_id_seq OWNED BY public.rooms.id;
ALTER TABLE ONLY public.rooms ALTER COLUMN id SET DEFAULT nextval('public.rooms_id_seq'::regclass);
ALTER TABLE ONLY public.rooms
    ADD CONSTRAINT rooms_pkey PRIMARY KEY (id);
CREATE INDEX ix_rooms_id ON public.rooms USING btree (id);
CREATE UNIQUE INDEX ix_rooms_room_id ON public.rooms USING btree (room_id);
CREATE INDEX rooms_active ON public.rooms USING btree (id) WHERE COALESCE(is_active, false);
COMMENT ON INDEX public.rooms_active IS 'pages of the list of rooms';
ALTER TABLE ONLY public.rooms
    ADD CONSTRAINT rooms_creator_id_fkey FOREIGN KEY (creator_id) REFERENCES public.users(id);

CREATE TABLE public.schedule (
    room_id integer NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone
);
COMMENT ON TABLE public.schedule IS 'when the calls of rooms end, and what of that comes next';
COMMENT ON COLUMN public.schedule.room_id IS 'the room';
COMMENT ON COLUMN public.schedule.ends_at IS 'when the call ends';
COMMENT ON COLUMN public.schedule.due_at IS 'when a warning or the end is due; NULL once it has ended';
ALTER TABLE ONLY public.schedule
    ADD CONSTRAINT schedule_pkey PRIMARY KEY (room_id);
CREATE INDEX schedule_due ON public.schedule USING btree (due_at);
COMMENT ON INDEX public.schedule_due IS 'what is to be done now';
ALTER TABLE ONLY public.schedule
    ADD CONSTRAINT schedule_room_id_fkey FOREIGN KEY (room_id) REFERENCES public.rooms(id);

CREATE TABLE public.schema_functions (
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE public.schema_functions IS 'functions as last applied: files of sql/functions';
COMMENT ON COLUMN public.schema_functions.name IS 'of the file, without .sql, and of the function in it';
COMMENT ON COLUMN public.schema_functions.checksum IS 'SHA-256 of the file, in hex';
COMMENT ON COLUMN public.schema_functions.applied_at IS 'when';
ALTER TABLE ONLY public.schema_functions
    ADD CONSTRAINT schema_functions_pkey PRIMARY KEY (name);

CREATE TABLE public.schema_migrations (
    number integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    breaking boolean NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE public.schema_migrations IS 'migrations that were applied: files of sql/migrations';
COMMENT ON COLUMN public.schema_migrations.number IS 'at the start of the file''s name';
COMMENT ON COLUMN public.schema_migrations.name IS 'of the file, without .sql';
COMMENT ON COLUMN public.schema_migrations.checksum IS 'SHA-256 of the file, in hex';
COMMENT ON COLUMN public.schema_migrations.breaking IS 'programs that do not know it must not run on it';
COMMENT ON COLUMN public.schema_migrations.applied_at IS 'when';
ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (number);

CREATE TABLE public.sessions (
    id text DEFAULT replace((gen_random_uuid())::text, '-'::text, ''::text) NOT NULL,
    user_id integer NOT NULL,
    family bytea NOT NULL,
    current bytea[] NOT NULL,
    previous bytea[] DEFAULT '{}'::bytea[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_used_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    address text NOT NULL,
    user_agent text
);
COMMENT ON TABLE public.sessions IS 'who is signed in where; rows go when a session ends';
COMMENT ON COLUMN public.sessions.id IS 'in access tokens and in paths';
COMMENT ON COLUMN public.sessions.user_id IS 'the person';
COMMENT ON COLUMN public.sessions.family IS 'SHA-256 of what all refresh tokens of the session have in common';
COMMENT ON COLUMN public.sessions.current IS 'SHA-256 of the refresh tokens that may be used: one, or as many as tabs raced for';
COMMENT ON COLUMN public.sessions.previous IS 'SHA-256 of those that were replaced last; good for ten seconds after last_used_at';
COMMENT ON COLUMN public.sessions.created_at IS 'when somebody signed in';
COMMENT ON COLUMN public.sessions.last_used_at IS 'when its refresh token was last replaced';
COMMENT ON COLUMN public.sessions.expires_at IS 'when it ends by itself';
COMMENT ON COLUMN public.sessions.address IS 'where from, when it was last used';
COMMENT ON COLUMN public.sessions.user_agent IS 'with what, when it was last used, in the client''s words';
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);
CREATE INDEX sessions_expired ON public.sessions USING btree (expires_at);
COMMENT ON INDEX public.sessions_expired IS 'those to forget';
CREATE UNIQUE INDEX sessions_family ON public.sessions USING btree (family);
COMMENT ON INDEX public.sessions_family IS 'the session of a refresh token';
CREATE INDEX sessions_user ON public.sessions USING btree (user_id, last_used_at);
COMMENT ON INDEX public.sessions_user IS 'the sessions of a person, in the order of their use';
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

CREATE TABLE public.tracks (
    track_sid text NOT NULL,
    participant_sid text NOT NULL,
    source text DEFAULT 'UNKNOWN'::text NOT NULL,
    muted boolean DEFAULT false NOT NULL,
    is_gone boolean DEFAULT false NOT NULL
);
COMMENT ON TABLE public.tracks IS 'what people publish';
COMMENT ON COLUMN public.tracks.track_sid IS 'LiveKit''s id of the track';
COMMENT ON COLUMN public.tracks.participant_sid IS 'whose it is';
COMMENT ON COLUMN public.tracks.source IS 'CAMERA, MICROPHONE, SCREEN_SHARE, SCREEN_SHARE_AUDIO or UNKNOWN';
COMMENT ON COLUMN public.tracks.muted IS 'as last reported';
COMMENT ON COLUMN public.tracks.is_gone IS 'it was unpublished, perhaps before we heard that it was published';
ALTER TABLE ONLY public.tracks
    ADD CONSTRAINT tracks_pkey PRIMARY KEY (track_sid);
CREATE INDEX tracks_participant ON public.tracks USING btree (participant_sid) WHERE (NOT is_gone);
COMMENT ON INDEX public.tracks_participant IS 'the tracks of a participant';

CREATE TABLE public.users (
    id integer NOT NULL,
    username character varying(50) NOT NULL,
    email character varying(100) NOT NULL,
    hashed_password character varying(255) NOT NULL,
    full_name character varying(100),
    is_active boolean DEFAULT true,
    created_at timestamp with time zone DEFAULT now(),
    updated_at timestamp with time zone,
    is_admin boolean DEFAULT false NOT NULL,
    tokens_since timestamp with time zone
);
COMMENT ON TABLE public.users IS 'people who may sign in';
COMMENT ON COLUMN public.users.id IS 'how everything else refers to a person';
COMMENT ON COLUMN public.users.username IS 'in access tokens and in LiveKit; never changes';
COMMENT ON COLUMN public.users.email IS 'domain in lower case, local part as given';
COMMENT ON COLUMN public.users.hashed_password IS 'scrypt as a PHC string, or bcrypt of the old service until the next login';
COMMENT ON COLUMN public.users.full_name IS 'a label';
COMMENT ON COLUMN public.users.is_active IS 'may sign in; NULL reads as false';
COMMENT ON COLUMN public.users.created_at IS 'when the account was made';
COMMENT ON COLUMN public.users.updated_at IS 'when it was last changed';
COMMENT ON COLUMN public.users.is_admin IS 'may do in every room what its creator may, and see to accounts';
COMMENT ON COLUMN public.users.tokens_since IS 'access tokens without a session that were issued before are refused; NULL: none are';
CREATE SEQUENCE public.users_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.users_id_seq OWNED BY public.users.id;
ALTER TABLE ONLY public.users ALTER COLUMN id SET DEFAULT nextval('public.users_id_seq'::regclass);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);
CREATE UNIQUE INDEX ix_users_email ON public.users USING btree (email);
CREATE INDEX ix_users_id ON public.users USING btree (id);
CREATE UNIQUE INDEX ix_users_username ON public.users USING btree (username);
CREATE INDEX users_active ON public.users USING btree (id) WHERE COALESCE(is_active, false);
COMMENT ON INDEX public.users_active IS 'pages of the list of users';
CREATE INDEX users_inactive ON public.users USING btree (id) WHERE (NOT COALESCE(is_active, false));
COMMENT ON INDEX public.users_inactive IS 'pages of the list of users who are switched off';

CREATE TABLE public.visits (
    participant_sid text NOT NULL,
    room_id integer NOT NULL,
    user_id integer NOT NULL,
    session text,
    joined_at timestamp with time zone NOT NULL,
    left_at timestamp with time zone,
    leave_reason text
);
COMMENT ON TABLE public.visits IS 'connections to a call as LiveKit reported them, in whatever order';
COMMENT ON COLUMN public.visits.participant_sid IS 'LiveKit''s id of this connection';
COMMENT ON COLUMN public.visits.room_id IS 'the room';
COMMENT ON COLUMN public.visits.user_id IS 'the person';
COMMENT ON COLUMN public.visits.session IS 'LiveKit''s id of the call: a room has a new one each time it comes to life';
COMMENT ON COLUMN public.visits.joined_at IS 'the earliest time reported';
COMMENT ON COLUMN public.visits.left_at IS 'the latest time reported; NULL while connected';
COMMENT ON COLUMN public.visits.leave_reason IS 'as LiveKit gave it';
ALTER TABLE ONLY public.visits
    ADD CONSTRAINT visits_pkey PRIMARY KEY (participant_sid);
CREATE INDEX visits_open ON public.visits USING btree (room_id, user_id) WHERE (left_at IS NULL);
COMMENT ON INDEX public.visits_open IS 'who is connected';
CREATE INDEX visits_room ON public.visits USING btree (room_id, joined_at);
COMMENT ON INDEX public.visits_room IS 'the visits of a room, in order';
CREATE INDEX visits_seat ON public.visits USING btree (room_id, user_id, joined_at);
COMMENT ON INDEX public.visits_seat IS 'the visits of a person to a room, in order';
CREATE INDEX visits_user ON public.visits USING btree (user_id, joined_at);
COMMENT ON INDEX public.visits_user IS 'the visits of a person, in order';
ALTER TABLE ONLY public.visits
    ADD CONSTRAINT visits_room_id_fkey FOREIGN KEY (room_id) REFERENCES public.rooms(id);
ALTER TABLE ONLY public.visits
    ADD CONSTRAINT visits_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);
