import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultCacheFolder } from '../../source/demo/cache-folder.ts';
import { startOldServer } from '../../source/demo/old-postgres.ts';
import { symptoms } from '../demo/symptoms.ts';
import { diagnoseOnce, findingOf, outline } from '../health/diagnosis/diagnosed.ts';
import { query } from '../support/standby.ts';

let server: Awaited<ReturnType<typeof startOldServer>>;

beforeAll(async () => {
	server = await startOldServer(defaultCacheFolder(), { fsync: 'off' });
});
afterAll(() => server?.close());

test('a server that is too old is said to be, and explains the samplers that fail on it', async () => {
	expect(await query(server.url, `select ${symptoms['old-server']} as is_there`)).toEqual([
		{ is_there: true },
	]);
	const diagnosis = await diagnoseOnce(server.url);
	expect(outline(diagnosis)).toEqual(['warn old-server <- warn sampler-fails 42703']);
	expect(findingOf(diagnosis, 'old-server').sentence).toMatch(
		/^Postgres 13\.23 is too old: who holds a lock and since when shows from version 14 on$/,
	);
	expect(diagnosis.unexplained).toEqual([]);
});
