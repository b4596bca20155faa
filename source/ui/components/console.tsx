import { useWindowSize } from 'ink';
import { useCallback, useMemo, useReducer } from 'react';
import { useConsole } from '../console-context.ts';
import { asOf } from '../frame/as-of.ts';
import { composeFrame } from '../frame/compose-frame.ts';
import { useAnswers } from '../hooks/use-answers.ts';
import { useClock } from '../hooks/use-clock.ts';
import { useControlState } from '../hooks/use-control-state.ts';
import { useDesk } from '../hooks/use-desk.ts';
import { useDiagnosis } from '../hooks/use-diagnosis.ts';
import { useKeys } from '../hooks/use-keys.ts';
import { useMoment } from '../hooks/use-moment.ts';
import { useReport } from '../hooks/use-report.ts';
import { useTargets } from '../hooks/use-targets.ts';
import type { FrameInput } from '../panels/frame-input.ts';
import { settled } from '../settle.ts';
import { initialState, type UiState } from '../state.ts';
import type { Painter } from '../terminal/painter.ts';
import { questionsOf } from '../views/all-views.ts';
import { Screen } from './screen.tsx';

const replace = (_: UiState, next: UiState): UiState => next;

/** The whole console: what is known and what is opened, composed into one screen. */
export function Console({ painter }: { readonly painter: Painter }) {
	const { report: source, environment, opened = initialState } = useConsole();
	const { columns, rows } = useWindowSize();
	const report = useReport();
	const controls = useControlState();
	const diagnosis = useDiagnosis();
	const desk = useDesk();
	const moment = useMoment();
	const now = useClock(report, controls);
	const [state, setState] = useReducer(replace, opened);
	const answers = useAnswers((known) =>
		moment === undefined ? questionsOf(state.view, { answers: known, report, environment }) : [],
	);
	const targets = useTargets(state.view?.kind === 'fleet' && state.view.isWatching);
	const live = useMemo<FrameInput>(
		() => ({
			report,
			trends: source.trends(),
			now,
			controls,
			diagnosis,
			desk,
			answers,
			targets,
			environment,
		}),
		[report, source, now, controls, diagnosis, desk, answers, targets, environment],
	);
	const isDiagnosing = state.overlay?.kind === 'diagnosis';
	const input = useMemo(
		() => (moment === undefined ? live : asOf(live, moment, isDiagnosing)),
		[live, moment, isDiagnosing],
	);
	const compose = useCallback(
		(shown: UiState) => composeFrame(input, shown, columns, rows),
		[input, columns, rows],
	);
	const frame = useMemo(() => compose(state), [compose, state]);
	// At once, before anything is painted: the next key may come before the next render.
	const next = settled(state, frame.facts);
	if (next !== state) setState(next);
	const { lines } = frame;
	useKeys(
		state,
		(shown) => (shown === state ? frame : compose(shown)).facts,
		setState,
		painter.copy,
	);
	return <Screen painter={painter} lines={lines} columns={columns} rows={rows} />;
}
