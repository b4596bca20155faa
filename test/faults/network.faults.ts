import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { Parts } from '../../source/compose.ts';
import { useDatabase } from '../support/database.ts';
import { startProxy, type TcpProxy } from '../support/proxy.ts';
import { composeFor, whenSnapshot } from '../support/sampling.ts';

const database = useDatabase();
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function sampling(flags: Readonly<Record<string, string>> = {}) {
	const proxy = await startProxy(database.url);
	cleanups.push(() => proxy.close());
	const parts = composeFor(proxy.url, { interval: '250ms', ...flags });
	cleanups.push(() => parts.stop());
	return { proxy, ...parts };
}

type Sampling = Parts & { readonly proxy: TcpProxy };

const whenLive = ({ store, ...parts }: Sampling) => {
	parts.loop.start();
	return whenSnapshot(store, ({ connection }) => connection.kind === 'live');
};
const whenLost = ({ store }: Sampling) =>
	whenSnapshot(store, ({ connection }) => connection.kind === 'lost');
const whenLater = ({ store }: Sampling, seq: number) =>
	whenSnapshot(store, (later) => later.connection.kind === 'live' && later.seq > seq);

/** A message of the protocol: its letter, its length, its body. */
function message(letter: string, body: Buffer, length = body.length + 4): Buffer {
	const head = Buffer.alloc(5);
	head.write(letter, 'latin1');
	head.writeUInt32BE(length, 1);
	return Buffer.concat([head, body]);
}

describe('the network', () => {
	it('cut in the middle of a row: nothing of that answer counts, the next is whole', async () => {
		const parts = await sampling();
		const live = await whenLive(parts);
		parts.proxy.cutAfter(700);
		const lost = await whenLost(parts);
		expect(lost.connection).toMatchObject({ kind: 'lost', failureClass: 'lost', attempts: 1 });
		expect(lost.readings.get('multica/task-queued')).toMatchObject({ kind: 'ok' });
		const back = await whenLater(parts, lost.seq);
		expect(back.at).toBeGreaterThan(live.at);
		expect(parts.proxy.connections().most).toBeLessThanOrEqual(2);
	});

	it('one byte at a time', async () => {
		const parts = await sampling();
		parts.proxy.drip();
		const { readings } = await whenLive(parts);
		expect(readings.get('multica/task-queued')).toMatchObject({ kind: 'ok' });
		expect([...readings.values()].filter(({ kind }) => kind === 'failed')).toEqual([]);
	});

	it('two seconds away: slow, and not lost', async () => {
		const parts = await sampling();
		await whenLive(parts);
		parts.proxy.setDelayMs(1000);
		const { seq } = parts.store.latest();
		await whenSnapshot(parts.store, (each) => each.seq > seq && (each.trip?.wallMs ?? 0) > 2000);
		expect(parts.store.latest().connection.kind).toBe('live');
		expect(parts.proxy.connections().total).toBe(2);
	});
});

describe('a server that talks nonsense after it has let us in', () => {
	const endless = message('D', Buffer.alloc(0), 0x7fff_ffff);
	it.each<[string, () => Buffer]>([
		['random bytes', () => randomBytes(4096)],
		['zeros', () => Buffer.alloc(4096)],
		['a description of more columns than follow', () => message('T', Buffer.of(0x7f, 0xff))],
		['a row of more values than follow', () => message('D', Buffer.of(0x7f, 0xff))],
		['a message that never ends', () => endless],
		['an error without an end', () => message('E', Buffer.from('SFATAL'))],
		['a request to log in once more', () => message('R', Buffer.of(0, 0, 0, 10, 65))],
	])('%s', async (_, make) => {
		const parts = await sampling();
		await whenLive(parts);
		parts.proxy.rewrite(make);
		const lost = await whenLost(parts);
		expect(lost.connection).toMatchObject({
			failureClass: expect.stringMatching(/^(not-postgres|password)$/),
		});
		expect(lost.readings.get('multica/task-queued')).toMatchObject({ kind: 'ok' });
		parts.proxy.rewrite(undefined);
		await whenLater(parts, lost.seq);
		expect(parts.proxy.connections().most).toBeLessThanOrEqual(2);
	});
});
