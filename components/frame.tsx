import { Text } from 'ink';
import { cut } from '../source/common/text.ts';
import { type FrameInput, frameRows } from './frame.ts';
import { modeOf } from './state.ts';

export const Frame = (props: FrameInput) => {
  const { state } = props.snapshot;
  return <Text>{[...frameRows(props), cut(state.flash?.text ?? '', props.columns), modeOf(state)].join('\n')}</Text>;
};
