-- title: Server
-- panel: database
-- columns: is_standby boolean, replay_lag_seconds number, connections integer, max_connections integer, oldest_transaction_seconds number, hidden_sessions integer, started_at timestamp
-- metric: tidemark_database_replay_lag_seconds
-- type: gauge
-- value: replay_lag_seconds
-- help: How far a standby's replay is behind its primary; absent on a primary.
-- metric: tidemark_database_connections
-- type: gauge
-- value: connections
-- help: Client connections to the server, all databases.
-- metric: tidemark_database_max_connections
-- type: gauge
-- value: max_connections
-- help: The server's limit of connections.
-- metric: tidemark_database_oldest_transaction_seconds
-- type: gauge
-- value: oldest_transaction_seconds
-- help: Age of the oldest open transaction of a client that this role may see.
-- why: A role without pg_read_all_stats sees that other users' sessions exist, but not their kind, state
-- why: or transaction: they count as connections where they have a user, and as hidden. With any hidden
-- why: the oldest transaction is the oldest visible one, unknown where none is; prepared transactions
-- why: everybody may see. On a standby that has replayed all it received, and still receives, the lag is
-- why: 0: the age of the last replayed commit would grow while the primary is merely quiet. One that has
-- why: replayed no commit since it was started is behind since then at least. Asked is the function below
-- why: pg_stat_activity, without the names of users and databases that the view joins.
select
	pg_is_in_recovery() as is_standby,
	case
		when not pg_is_in_recovery() then null
		when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()
			and exists (select from pg_stat_wal_receiver) then 0
		else extract(epoch from now() - coalesce(pg_last_xact_replay_timestamp(), pg_postmaster_start_time()))
	end::float8 as replay_lag_seconds,
	session.connections,
	current_setting('max_connections')::int as max_connections,
	case
		when session.oldest_at is not null or prepared.oldest_at is not null then
			greatest(0, extract(epoch from now() - least(session.oldest_at, prepared.oldest_at)))
		when session.hidden = 0 then 0
	end::float8 as oldest_transaction_seconds,
	session.hidden as hidden_sessions,
	pg_postmaster_start_time() as started_at
from (
	select
		count(*) as connections,
		count(*) filter (where backend_type is null) as hidden,
		min(xact_start) filter (where pid <> pg_backend_pid()) as oldest_at
	from pg_stat_get_activity(null)
	where backend_type = 'client backend'
	or (backend_type is null and usesysid is not null and datid is not null)
) as session
cross join (select min(prepared) as oldest_at from pg_prepared_xacts) as prepared
