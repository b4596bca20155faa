-- Online: a nullable column without a default is a change of the catalog, no row is rewritten, and
-- the default set afterwards is for new rows. Older rows keep NULL, which windows read as
-- created_at. The lock is short but exclusive; waiting behind a long reader would make everybody
-- queue up behind us, so give up after 5 s instead.
set local lock_timeout = '5s';
do $migration$
begin
	if not exists (
		select from pg_attribute
		where attrelid = 'task_usage'::regclass and attname = 'updated_at' and not attisdropped
	) then
		alter table task_usage add column updated_at timestamptz;
		alter table task_usage alter column updated_at set default now();
		comment on column task_usage.updated_at is 'tidemark migration 003';
	end if;
end
$migration$;
