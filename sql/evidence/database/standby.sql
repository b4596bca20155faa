-- title: What this standby replays
-- panel: database
-- columns: is_standby boolean, is_paused boolean, has_receiver boolean, received_bytes_ahead number, replayed_seconds number, conflicts integer
-- why: On a primary everything but the first column is NULL. Bytes received and not yet replayed say
-- why: whether the standby is slow or cut off.
select
	pg_is_in_recovery() as is_standby,
	case when pg_is_in_recovery() then pg_is_wal_replay_paused() end as is_paused,
	case when pg_is_in_recovery() then exists (select from pg_stat_wal_receiver) end as has_receiver,
	case when pg_is_in_recovery() then
		pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
	end::float8 as received_bytes_ahead,
	case when pg_is_in_recovery() then extract(epoch from now() - pg_last_xact_replay_timestamp()) end::float8
		as replayed_seconds,
	case when pg_is_in_recovery() then (
		select confl_tablespace + confl_lock + confl_snapshot + confl_bufferpin + confl_deadlock
		from pg_stat_database_conflicts where datname = current_database()
	) end as conflicts
