import { beforeAll, expect, test } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { fc } from '../support/properties.ts';
import { history, historyOfMoves } from './history/history.ts';
import { HistoryPlayer } from './history/player.ts';

const database = useDatabase();
let player: HistoryPlayer;

beforeAll(async () => {
	player = await HistoryPlayer.open(database);
});

// `npm run test:rollups:long` plays many more.
const runs = Number(process.env.TIDEMARK_HISTORIES ?? 20);

test.each([
	['of everything that may happen', history],
	['of one task whose every link moves', historyOfMoves],
])(
	`at rest each rollup equals a GROUP BY over raw, after any history %s`,
	{ timeout: 60_000 + runs * 2000 },
	async (_, histories) => {
		await fc.assert(
			fc.asyncProperty(histories, async (played) => {
				expect(await player.play(played)).toEqual([]);
			}),
			{ numRuns: runs },
		);
	},
);
