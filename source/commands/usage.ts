import { compose } from '../compose.ts';
import { resolveConfig } from '../config.ts';
import { TidemarkError } from '../errors.ts';
import { packageVersion } from '../lib/version.ts';
import { terminalZone } from '../lib/zone.ts';
import { parseRequest, type RequestFlags } from '../usage/request.ts';
import { rollupsIn, settleUsage } from '../usage/settle.ts';
import { sourceText } from '../usage/sources.ts';
import type { CommandContext } from './command.ts';
import { canShowUnicode } from './environment.ts';
import { stopParts } from './stop-parts.ts';
import { usageDocument } from './usage-document.ts';
import { usageSchema } from './usage-schema.ts';

/** Tokens, as tables and a chart or as JSON; 1 when there is no answer. */
export async function usage(context: CommandContext): Promise<number> {
	const { flags, env, stdout, stderr, ending } = context;
	if (flags.schema) {
		stdout.write(`${JSON.stringify(usageSchema, undefined, '\t')}\n`);
		return 0;
	}
	const request = parseRequest(flags as RequestFlags);
	const config = resolveConfig(context);
	const target = await context.resolveTarget(context.args[0]);
	const parts = compose({ config, target });
	const stop = () => void parts.stop();
	ending.addEventListener('abort', stop);
	try {
		const snapshot = await parts.loop.refresh();
		if (snapshot.connection.kind === 'lost') {
			stderr.write(`${snapshot.connection.sentence}\n`);
			return 1;
		}
		const state = await settleUsage(
			request,
			{
				rollups: rollupsIn(snapshot),
				enabled: env.USAGE_DAILY_ROLLUP_ENABLED,
				...(config.timeZone !== '' && { settingsZone: config.timeZone }),
				terminalZone: terminalZone(),
			},
			parts.reader,
		);
		if (state.kind === 'refused') {
			const { error, offer } = state;
			if (offer === undefined) throw error;
			const sentence = `${error.message}; ${sourceText[offer]} can have it: --source ${offer}`;
			throw new TidemarkError(error.kind, sentence, { cause: error });
		}
		if (flags.json) {
			stdout.write(`${JSON.stringify(usageDocument(state.report, packageVersion()))}\n`);
			return 0;
		}
		const { usageText } = await import('../ui/views/usage/usage-text.ts');
		const isAscii = config.isAscii || !canShowUnicode(env);
		const width = stdout.isTTY ? stdout.columns : undefined;
		stdout.write(usageText(state.report, { isAscii, width }));
		return 0;
	} finally {
		ending.removeEventListener('abort', stop);
		await stopParts(parts);
	}
}
