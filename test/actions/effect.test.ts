import type { Client } from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { decodeEffect, type Effect } from '../../source/actions/effect.ts';
import { previewRange, previewWindow } from '../../source/actions/effect-sql.ts';
import { readFacts, shapeOf } from '../../source/actions/facts.ts';
import { pipelineNames, pipelines } from '../../source/actions/pipelines.ts';
import type { Query } from '../../source/actions/session.ts';
import type { Shape } from '../../source/actions/shape.ts';
import { useDatabase } from '../support/database.ts';
import { createField } from './field.ts';
import { seedWorld } from './world.ts';

/** A test's own connection as the actions see theirs. */
const queryOf =
	(client: Client): Query =>
	async (sql, values) =>
		(await client.query(sql, [...(values ?? [])])).rows;

const range = async (client: Client, shape: Shape): Promise<Effect> =>
	decodeEffect(
		await queryOf(client)(previewRange(shape, 10), [
			'2000-01-01',
			'2100-01-01',
			['pending', 'drift', 'ghost'],
		]),
	);

const window = async (client: Client, shape: Shape, from: string, to: string): Promise<Effect> =>
	decodeEffect(await queryOf(client)(previewWindow(shape), [from, to, [to]]));

const shapes = async (client: Client): Promise<Shape[]> => {
	const found: Shape[] = [];
	for (const name of pipelineNames) {
		const facts = await readFacts(queryOf(client), pipelines[name]);
		found.push(shapeOf(facts, pipelines[name]));
	}
	return found;
};

describe.each(['own', 'field', 'field with zones'])('on the pipelines of %s', (kind) => {
	const database = useDatabase({ template: kind === 'own' ? 'migrated' : 'empty' });
	let client: Client;
	beforeAll(async () => {
		client = await database.client();
		if (kind !== 'own') {
			await createField(client, database.url, { hasRuntimeZone: kind === 'field with zones' });
		}
		await seedWorld(client);
		if (kind === 'field with zones') {
			await client.query(
				`update agent_runtime set timezone = 'Pacific/Auckland' where id::text like '%1'`,
			);
			await client.query(
				`update agent_runtime set timezone = 'America/Los_Angeles' where id::text like '%2'`,
			);
		}
	});

	test('what the window function makes of everything is what raw says', async () => {
		for (const shape of await shapes(client)) {
			const { windowFunction, table } = shape.pipeline;
			const planned = await window(client, shape, '2000-01-01', '2100-01-01');
			const whole = await range(client, shape);
			expect(whole.groups.length, table).toBeGreaterThan(5);
			expect(whole.kinds.ghost).toBe(0);
			expect(planned.groups).toEqual(whole.groups);
			await client.query(`select ${windowFunction}('2000-01-01', '2100-01-01')`);
			const { rows } = await client.query(`select count(*)::int as n from ${table}`);
			expect(await range(client, shape)).toMatchObject({
				buckets: rows[0].n,
				groups: [],
				samples: [],
			});
			expect((await window(client, shape, '2000-01-01', '2100-01-01')).groups).toEqual([]);
		}
	});
});
