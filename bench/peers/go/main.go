// A peer for parley's benchmark: the same calls, the same statement files, as
// a Go engineer who cares about speed would write them with net/http and pgx.
//
// It does less than parley: no access log, no request id, no input rules beyond
// what the statements need, no limits.
package main

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/crypto/scrypt"
)

const poolSize = 16

type user struct {
	Username  string     `json:"username"`
	Email     string     `json:"email"`
	FullName  *string    `json:"full_name"`
	ID        int32      `json:"id"`
	IsActive  bool       `json:"is_active"`
	CreatedAt *time.Time `json:"created_at"`
	UpdatedAt *time.Time `json:"updated_at"`
}

type account struct {
	user
	IsAdmin bool `json:"is_admin"`
}

type room struct {
	Name              string     `json:"name"`
	Description       *string    `json:"description"`
	MaxParticipants   int32      `json:"max_participants"`
	ID                int32      `json:"id"`
	RoomID            string     `json:"room_id"`
	CreatorID         int32      `json:"creator_id"`
	IsActive          bool       `json:"is_active"`
	CreatedAt         *time.Time `json:"created_at"`
	UpdatedAt         *time.Time `json:"updated_at"`
	OpensAt           *time.Time `json:"opens_at"`
	ClosesAt          *time.Time `json:"closes_at"`
	MaxMinutes        *int32     `json:"max_minutes"`
	ParticipantsCount int64      `json:"participants_count"`
	Creator           user       `json:"creator"`
}

// What the scan of a room writes to, in the order of the statement's columns.
func (r *room) columns(outcome *string) []any {
	return []any{
		outcome, &r.Name, &r.Description, &r.MaxParticipants, &r.ID, &r.RoomID, &r.CreatorID, &r.IsActive,
		&r.CreatedAt, &r.UpdatedAt, &r.OpensAt, &r.ClosesAt, &r.MaxMinutes, &r.ParticipantsCount,
		&r.Creator.Username, &r.Creator.Email, &r.Creator.FullName, &r.Creator.ID, &r.Creator.IsActive,
		&r.Creator.CreatedAt, &r.Creator.UpdatedAt,
	}
}

type server struct {
	db       *pgxpool.Pool
	key      []byte
	livekit  []byte
	url      string
	parser   *jwt.Parser
	me       string
	room     string
	rooms    string
	join     string
	identify string
}

type handler func(http.ResponseWriter, *http.Request, string) error

// The caller of an endpoint that asks for one.
func (s *server) authenticated(next handler) http.HandlerFunc {
	key := func(*jwt.Token) (any, error) { return s.key, nil }
	return func(w http.ResponseWriter, r *http.Request) {
		var claims jwt.RegisteredClaims
		token, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !found {
			fail(w, http.StatusUnauthorized, "Could not validate credentials")
			return
		}
		if _, err := s.parser.ParseWithClaims(token, &claims, key); err != nil {
			fail(w, http.StatusUnauthorized, "Could not validate credentials")
			return
		}
		if err := next(w, r, claims.Subject); err != nil {
			log.Print(err)
			fail(w, http.StatusServiceUnavailable, "Database is not reachable")
		}
	}
}

func answer(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		log.Print(err)
		status, body = http.StatusInternalServerError, []byte(`{"detail":"Internal Server Error"}`)
	}
	header := w.Header()
	header["Content-Type"] = contentType
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

var contentType = []string{"application/json"}

func fail(w http.ResponseWriter, status int, detail string) {
	answer(w, status, map[string]string{"detail": detail})
}

func refuse(w http.ResponseWriter, outcome string) {
	switch outcome {
	case "unauthenticated":
		fail(w, http.StatusUnauthorized, "Could not validate credentials")
	case "room_not_found":
		fail(w, http.StatusNotFound, "Room not found")
	default:
		fail(w, http.StatusBadRequest, outcome)
	}
}

func (s *server) getHealth(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, struct {
		Status string `json:"status"`
	}{"healthy"})
}

func (s *server) getMe(w http.ResponseWriter, r *http.Request, subject string) error {
	var u account
	var outcome string
	err := s.db.QueryRow(r.Context(), s.me, subject).Scan(&outcome, &u.Username, &u.Email, &u.FullName, &u.ID,
		&u.IsActive, &u.CreatedAt, &u.UpdatedAt, &u.IsAdmin)
	if err != nil {
		return err
	}
	if outcome != "ok" {
		refuse(w, outcome)
		return nil
	}
	answer(w, http.StatusOK, &u)
	return nil
}

func (s *server) getRoom(w http.ResponseWriter, r *http.Request, subject string) error {
	var found room
	var outcome string
	err := s.db.QueryRow(r.Context(), s.room, subject, r.PathValue("id")).Scan(found.columns(&outcome)...)
	if err != nil {
		return err
	}
	if outcome != "ok" {
		refuse(w, outcome)
		return nil
	}
	answer(w, http.StatusOK, &found)
	return nil
}

func (s *server) getRooms(w http.ResponseWriter, r *http.Request, subject string) error {
	rows, err := s.db.Query(r.Context(), s.rooms, subject, 0, 100, false, nil)
	if err != nil {
		return err
	}
	defer rows.Close()
	var outcome string
	found := make([]room, 0, 100)
	for rows.Next() {
		found = append(found, room{})
		columns := found[len(found)-1].columns(&outcome)
		// Behind the outcome is the list's own.
		if err := rows.Scan(append([]any{columns[0], nil}, columns[1:]...)...); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if outcome != "ok" {
		refuse(w, outcome)
		return nil
	}
	answer(w, http.StatusOK, found)
	return nil
}

type grant struct {
	RoomJoin     bool   `json:"roomJoin"`
	Room         string `json:"room"`
	CanPublish   bool   `json:"canPublish"`
	CanSubscribe bool   `json:"canSubscribe"`
}

type config struct {
	EmptyTimeout     int   `json:"emptyTimeout"`
	DepartureTimeout int   `json:"departureTimeout"`
	MaxParticipants  int32 `json:"maxParticipants"`
}

type joinClaims struct {
	jwt.RegisteredClaims
	Name       string `json:"name"`
	Video      grant  `json:"video"`
	RoomConfig config `json:"roomConfig"`
}

func (s *server) postJoin(w http.ResponseWriter, r *http.Request, subject string) error {
	var outcome string
	var name *string
	var most *int32
	var permissions *string
	err := s.db.QueryRow(r.Context(), s.join, subject, r.PathValue("id")).Scan(&outcome, &name, &most, &permissions)
	if err != nil {
		return err
	}
	if outcome != "ok" {
		refuse(w, outcome)
		return nil
	}
	now := time.Now()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, &joinClaims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: "devkey", Subject: subject,
			NotBefore: jwt.NewNumericDate(now.Add(-10 * time.Second)),
			ExpiresAt: jwt.NewNumericDate(now.Add(15 * time.Minute)),
		},
		Name:       subject,
		Video:      grant{true, *name, true, true},
		RoomConfig: config{300, 20, *most},
	}).SignedString(s.livekit)
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, struct {
		Token   string `json:"token"`
		RoomURL string `json:"room_url"`
	}{token, s.url + "?token=" + token})
	return nil
}

var errHash = errors.New("a hash that is not scrypt's")

// $scrypt$ln=14,r=8,p=5$salt$key
func verify(password, stored string) (bool, error) {
	var ln, r, p int
	parts := strings.Split(stored, "$")
	if len(parts) != 5 || parts[1] != "scrypt" {
		return false, errHash
	}
	if _, err := fmt.Sscanf(parts[2], "ln=%d,r=%d,p=%d", &ln, &r, &p); err != nil {
		return false, err
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[3])
	if err != nil {
		return false, err
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, err
	}
	key, err := scrypt.Key([]byte(password), salt, 1<<ln, r, p, len(want))
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(key, want) == 1, nil
}

func (s *server) postLogin(w http.ResponseWriter, r *http.Request) {
	var stored string
	name := r.PostFormValue("username")
	err := s.db.QueryRow(r.Context(), s.identify, name).Scan(&stored)
	right := false
	if err == nil {
		right, err = verify(r.PostFormValue("password"), stored)
	}
	if err != nil || !right {
		fail(w, http.StatusUnauthorized, "Incorrect username or password")
		return
	}
	now := time.Now()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, &jwt.RegisteredClaims{
		Subject: name, IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(30 * time.Minute)),
	}).SignedString(s.key)
	if err != nil {
		fail(w, http.StatusInternalServerError, "Internal Server Error")
		return
	}
	answer(w, http.StatusOK, map[string]string{"access_token": token, "token_type": "bearer"})
}

// The very files that parley compiles in.
func statement(name string) string {
	text, err := os.ReadFile(filepath.Join(os.Getenv("STATEMENTS"), name+".sql"))
	if err != nil {
		log.Fatal(err)
	}
	return string(text)
}

// Who calls and a page of rooms in one statement: parley asks for a page apart, once for all who wait for it.
func page() string {
	list := regexp.MustCompile(`\$\d`).ReplaceAllStringFunc(statement("room_list"), func(parameter string) string {
		number, _ := strconv.Atoi(parameter[1:])
		return "$" + strconv.Itoa(number+1)
	})
	return `select case when c.outcome = 'ok' then l.outcome else c.outcome end, l.*
from (select outcome from caller($1) offset 0) c
left join lateral (` + list + `) l on c.outcome = 'ok'`
}

func main() {
	settings, err := pgxpool.ParseConfig(os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	settings.MinConns, settings.MaxConns = poolSize, poolSize
	settings.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement
	for name, value := range map[string]string{
		"plan_cache_mode": "force_generic_plan", "jit": "off", "timezone": "UTC",
		"max_parallel_workers_per_gather": "0",
	} {
		settings.ConnConfig.RuntimeParams[name] = value
	}
	db, err := pgxpool.NewWithConfig(context.Background(), settings)
	if err != nil {
		log.Fatal(err)
	}

	s := &server{
		db:       db,
		key:      []byte(os.Getenv("SECRET_KEY")),
		livekit:  []byte(os.Getenv("LIVEKIT_API_SECRET")),
		url:      os.Getenv("LIVEKIT_URL"),
		parser:   jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithExpirationRequired()),
		me:       statement("user_me"),
		room:     statement("room_get"),
		rooms:    page(),
		join:     statement("room_join"),
		identify: "select hashed_password from users where username = $1",
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", s.getHealth)
	mux.HandleFunc("GET /auth/me", s.authenticated(s.getMe))
	mux.HandleFunc("GET /rooms/{$}", s.authenticated(s.getRooms))
	mux.HandleFunc("GET /rooms/{id}", s.authenticated(s.getRoom))
	mux.HandleFunc("POST /rooms/{id}/join", s.authenticated(s.postJoin))
	mux.HandleFunc("POST /auth/login", s.postLogin)

	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT"))
	if err != nil {
		log.Fatal(err)
	}
	if tlsPort := os.Getenv("TLS_PORT"); tlsPort != "" {
		go func() {
			log.Fatal(http.ListenAndServeTLS("127.0.0.1:"+tlsPort, os.Getenv("TLS_CERT_FILE"),
				os.Getenv("TLS_KEY_FILE"), mux))
		}()
	}
	log.Fatal(http.Serve(listener, mux))
}
