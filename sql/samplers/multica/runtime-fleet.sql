-- title: Runtimes and their heartbeat
-- panel: runtimes
-- needs: agent_runtime(runtime_mode, provider, last_seen_at)
-- columns: runtime_mode text, provider text, known integer, online integer, late integer, silent integer, silent_recently integer
-- why: known: seen in the last 7 days. online: heartbeat at most 105 s old, which a healthy one can be;
-- why: late: up to 150 s, when it gets no more work; silent: longer. silent_recently is the part of
-- why: silent that was heard within 3 h, so that its running tasks are not yet given up: machines
-- why: switched off for the night are silent, but no news. The index on last_seen_at keeps runtimes that
-- why: were retired long ago out of the cost.
select
	case mode when 'local' then 'local' when 'cloud' then 'cloud' else 'unknown' end as runtime_mode,
	case when provider_name in (
		'antigravity', 'claude', 'codebuddy', 'codex', 'copilot', 'cursor', 'deveco', 'dim', 'dsh',
		'gemini', 'grok', 'hermes', 'kimi', 'kiro', 'mcode', 'multica_agent', 'openclaw', 'opencode',
		'pi', 'qoder', 'qoderclicn', 'qwen', 'reasonix', 'traecli'
	) then provider_name else 'other' end as provider,
	sum(raw.known)::bigint as known,
	sum(raw.online)::bigint as online,
	sum(raw.late)::bigint as late,
	sum(raw.silent)::bigint as silent,
	sum(raw.silent_recently)::bigint as silent_recently
from (
	select
		runtime_mode,
		provider,
		count(*) as known,
		count(*) filter (where last_seen_at >= now() - interval '105 seconds') as online,
		count(*) filter (
			where last_seen_at < now() - interval '105 seconds'
			and last_seen_at >= now() - interval '150 seconds'
		) as late,
		count(*) filter (where last_seen_at < now() - interval '150 seconds') as silent,
		count(*) filter (
			where last_seen_at < now() - interval '150 seconds'
			and last_seen_at >= now() - interval '3 hours'
		) as silent_recently
	from agent_runtime
	where last_seen_at > now() - interval '7 days'
	group by runtime_mode, provider
) as raw
cross join lateral (
	select lower(btrim(runtime_mode, E' \t\r\n')), lower(btrim(provider, E' \t\r\n'))
) as cleaned (mode, provider_name)
group by 1, 2
order by known desc, 1, 2
limit 100
