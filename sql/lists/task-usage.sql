-- title: What one task used
-- parameters: $1 task uuid
-- needs: task_usage(task_id, provider, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, created_at)
-- columns: provider text, model text, input_tokens integer, output_tokens integer, cache_read_tokens integer, cache_write_tokens integer, seconds number
-- why: Through the index on task_id.
select
	left(provider, 40) as provider,
	left(model, 100) as model,
	input_tokens,
	output_tokens,
	cache_read_tokens,
	cache_write_tokens,
	extract(epoch from now() - created_at)::float8 as seconds
from task_usage
where task_id = $1
order by model, provider
limit 100
