-- What release 0.1.0 made an empty database with: schema version 1.
CREATE TABLE cl_ord_ids (
	session TEXT NOT NULL, 
	cl_ord_id TEXT NOT NULL, 
	order_id TEXT NOT NULL, 
	PRIMARY KEY (session, cl_ord_id)
)
 WITHOUT ROWID;
CREATE INDEX cl_ord_ids_order ON cl_ord_ids (order_id);
CREATE TABLE executions (
	order_id TEXT NOT NULL, 
	exec_id TEXT NOT NULL, 
	at_ns BIGINT NOT NULL, 
	exec_type TEXT NOT NULL, 
	ord_status TEXT NOT NULL, 
	last_qty TEXT, 
	last_px TEXT, 
	trade_id TEXT, 
	leg INTEGER NOT NULL, 
	exec_ref_id TEXT, 
	PRIMARY KEY (order_id, exec_id)
)
 WITHOUT ROWID;
CREATE TABLE fix_messages (
	seq INTEGER NOT NULL, 
	at_ns BIGINT NOT NULL, 
	session TEXT, 
	direction TEXT NOT NULL, 
	msg_type TEXT NOT NULL, 
	msg_seq_num BIGINT NOT NULL, 
	cl_ord_id TEXT, 
	order_id TEXT, 
	symbol TEXT, 
	PRIMARY KEY (seq)
);
CREATE TABLE journal (
	seq INTEGER NOT NULL, 
	at_ns BIGINT NOT NULL, 
	kind TEXT NOT NULL, 
	session TEXT, 
	cause BIGINT, 
	payload TEXT NOT NULL, 
	prev_hash BLOB NOT NULL, 
	hash BLOB NOT NULL, 
	PRIMARY KEY (seq)
);
CREATE TABLE meta (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
);
CREATE TABLE orders (
	order_id TEXT NOT NULL, 
	session TEXT NOT NULL, 
	cl_ord_id TEXT NOT NULL, 
	venue TEXT, 
	symbol TEXT, 
	side TEXT, 
	ord_type TEXT, 
	time_in_force TEXT, 
	order_qty TEXT, 
	price TEXT, 
	stop_px TEXT, 
	account TEXT, 
	ord_status TEXT NOT NULL, 
	cum_qty TEXT NOT NULL, 
	avg_px TEXT NOT NULL, 
	created_ns BIGINT NOT NULL, 
	updated_ns BIGINT NOT NULL, 
	working SMALLINT NOT NULL, 
	body TEXT NOT NULL, 
	PRIMARY KEY (order_id)
)
 WITHOUT ROWID;
CREATE INDEX orders_working ON orders (order_id) WHERE working = 1;
CREATE TABLE sessions (
	name TEXT NOT NULL, 
	last_in BIGINT NOT NULL, 
	last_out BIGINT NOT NULL, 
	connected SMALLINT NOT NULL, 
	peer TEXT NOT NULL, 
	since_ns BIGINT NOT NULL, 
	PRIMARY KEY (name)
);
CREATE TABLE venue_calls (
	venue_cl_ord_id TEXT NOT NULL, 
	seq BIGINT NOT NULL, 
	at_ns BIGINT NOT NULL, 
	venue TEXT NOT NULL, 
	call TEXT NOT NULL, 
	outcome TEXT, 
	PRIMARY KEY (venue_cl_ord_id, seq)
)
 WITHOUT ROWID;
CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
PRAGMA application_id = 1180190548;
PRAGMA user_version = 1;
