import { describe, expect, test } from 'vitest';
import { metadataFault, validateBlocks, validateView } from '../../../src/console/slack/validate.ts';

const plain = (text: string) => ({ type: 'plain_text', text });
const mrkdwn = (text: string) => ({ type: 'mrkdwn', text });
const long = (length: number) => 'x'.repeat(length);
const button = (more: object = {}) => ({ type: 'button', text: plain('Terminate'), action_id: 'a', ...more });
const section = (more: object = {}) => ({ type: 'section', text: mrkdwn('words'), ...more });
const actions = (...elements: object[]) => ({ type: 'actions', elements });
const option = (value: string, text = value) => ({ text: plain(text), value });
const select = (more: object = {}) => ({ type: 'static_select', options: [option('a')], ...more });
const confirm = (more: object = {}) => ({
  title: plain('Terminate?'),
  text: mrkdwn('Ends *one* connection.'),
  confirm: plain('Terminate'),
  deny: plain('Keep'),
  ...more,
});
const options = (count: number) => Array.from({ length: count }, (_, index) => option(String(index)));
const input = (element: object, more: object = {}) => ({
  type: 'input',
  label: plain('Cause'),
  element,
  ...more,
});
const image = (more: object = {}) => ({
  type: 'image',
  image_url: 'https://example.com/a.png',
  alt_text: 'a',
  ...more,
});

describe('what Slack takes', () => {
  const taken: [string, unknown[]][] = [
    [
      'a section at its limits',
      [section({ text: mrkdwn(long(3_000)), fields: Array(10).fill(mrkdwn(long(2_000))) })],
    ],
    ['a header of 150 characters', [{ type: 'header', text: plain(long(150)) }]],
    ['a context of ten', [{ type: 'context', elements: [image(), ...Array(9).fill(mrkdwn('x'))] }]],
    [
      '25 buttons',
      [
        actions(
          ...Array.from({ length: 25 }, (_, index) =>
            button({ action_id: `a${index}`, text: plain(long(75)) }),
          ),
        ),
      ],
    ],
    [
      'a button with all it may have',
      [actions(button({ value: long(2_000), style: 'danger', confirm: confirm() }))],
    ],
    ['the same action_id in two blocks', [actions(button()), actions(button())]],
    [
      'a select of 100',
      [section({ accessory: select({ options: options(100), placeholder: plain('Choose') }) })],
    ],
    ['an initial option that is offered', [section({ accessory: select({ initial_option: option('a') }) })]],
    ['a picture by slack_file', [{ type: 'image', slack_file: { id: 'F1' }, alt_text: 'chart' }]],
    ['fifty blocks', Array(50).fill({ type: 'divider' })],
    [
      'rich text',
      [
        {
          type: 'rich_text',
          elements: [
            { type: 'rich_text_section', elements: [{ type: 'text', text: 'pid ', style: { bold: true } }] },
            { type: 'rich_text_preformatted', elements: [{ type: 'text', text: 'select 1' }] },
          ],
        },
      ],
    ],
    [
      'a table',
      [{ type: 'table', rows: [[{ type: 'raw_text', text: 'pid' }]], column_settings: [{ align: 'right' }] }],
    ],
    ['markdown', [{ type: 'markdown', text: '**bold**' }]],
  ];
  test.each(taken)('%s', (_name, blocks) => {
    expect(validateBlocks(blocks)).toEqual([]);
  });
});

describe('what Slack refuses in blocks', () => {
  const refused: [string, unknown, string][] = [
    ['no array', {}, 'must provide an array [json-pointer:/blocks]'],
    [
      'fifty-one blocks',
      Array(51).fill({ type: 'divider' }),
      'no more than 50 items allowed [json-pointer:/blocks]',
    ],
    ['an unknown block', [{ type: 'sparkle' }], 'unsupported type: sparkle [json-pointer:/blocks/0/type]'],
    [
      'an unknown key',
      [section({ colour: 'red' })],
      'invalid additional property: colour [json-pointer:/blocks/0]',
    ],
    [
      'an empty text',
      [section({ text: mrkdwn('') })],
      'must be more than 0 characters [json-pointer:/blocks/0/text/text]',
    ],
    [
      'a section without words',
      [{ type: 'section' }],
      'missing required field: text [json-pointer:/blocks/0]',
    ],
    [
      'a section of 3,001 characters',
      [section({ text: mrkdwn(long(3_001)) })],
      'must be less than 3001 characters [json-pointer:/blocks/0/text/text]',
    ],
    [
      'eleven fields',
      [section({ fields: Array(11).fill(mrkdwn('x')) })],
      'no more than 10 items allowed [json-pointer:/blocks/0/fields]',
    ],
    [
      'a field of 2,001 characters',
      [section({ fields: [mrkdwn(long(2_001))] })],
      'must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]',
    ],
    [
      'a header with markup',
      [{ type: 'header', text: mrkdwn('*x*') }],
      'must be plain_text [json-pointer:/blocks/0/text/type]',
    ],
    [
      'a header of 151 characters',
      [{ type: 'header', text: plain(long(151)) }],
      'must be less than 151 characters [json-pointer:/blocks/0/text/text]',
    ],
    [
      'eleven context elements',
      [{ type: 'context', elements: Array(11).fill(mrkdwn('x')) }],
      'no more than 10 items allowed [json-pointer:/blocks/0/elements]',
    ],
    [
      'a button in a context',
      [{ type: 'context', elements: [button()] }],
      'unsupported type: button [json-pointer:/blocks/0/elements/0/type]',
    ],
    [
      '26 buttons',
      [actions(...Array.from({ length: 26 }, (_, index) => button({ action_id: `a${index}` })))],
      'no more than 25 items allowed [json-pointer:/blocks/0/elements]',
    ],
    ['no buttons', [actions()], 'no fewer than 1 items required [json-pointer:/blocks/0/elements]'],
    [
      'a button text of 76 characters',
      [actions(button({ text: plain(long(76)) }))],
      'must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]',
    ],
    [
      'a button text with markup',
      [actions(button({ text: mrkdwn('x') }))],
      'must be plain_text [json-pointer:/blocks/0/elements/0/text/type]',
    ],
    [
      'a button value of 2,001 characters',
      [actions(button({ value: long(2_001) }))],
      'must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]',
    ],
    [
      'a style of its own',
      [actions(button({ style: 'green' }))],
      'must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]',
    ],
    [
      'a link that is no web address',
      [actions(button({ url: 'javascript:alert(1)' }))],
      'must be a valid URL [json-pointer:/blocks/0/elements/0/url]',
    ],
    [
      'an action_id of 256 characters',
      [actions(button({ action_id: long(256) }))],
      'must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]',
    ],
    [
      'the same action_id twice in a block',
      [actions(button(), button())],
      '`action_id` "a" already exists in this block [json-pointer:/blocks/0/elements/1/action_id]',
    ],
    [
      'the same block_id twice',
      [section({ block_id: 'b' }), section({ block_id: 'b' })],
      '`block_id` "b" already exists [json-pointer:/blocks/1/block_id]',
    ],
    [
      'a confirm dialog without its way out',
      [actions(button({ confirm: confirm({ deny: undefined }) }))],
      'missing required field: deny [json-pointer:/blocks/0/elements/0/confirm]',
    ],
    [
      'a confirm title of 101 characters',
      [actions(button({ confirm: confirm({ title: plain(long(101)) }) }))],
      'must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]',
    ],
    [
      'a confirm text of 301 characters',
      [actions(button({ confirm: confirm({ text: mrkdwn(long(301)) }) }))],
      'must be less than 301 characters [json-pointer:/blocks/0/elements/0/confirm/text/text]',
    ],
    [
      'a confirm button of 31 characters',
      [actions(button({ confirm: confirm({ confirm: plain(long(31)) }) }))],
      'must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/confirm/text]',
    ],
    [
      'a picture without words',
      [image({ alt_text: undefined })],
      'missing required field: alt_text [json-pointer:/blocks/0]',
    ],
    [
      'a picture from a file',
      [image({ image_url: 'file:///etc/passwd' })],
      'must be a valid URL [json-pointer:/blocks/0/image_url]',
    ],
    [
      'a picture with two sources',
      [image({ slack_file: { id: 'F1' } })],
      'must provide exactly one of image_url or slack_file [json-pointer:/blocks/0]',
    ],
    [
      '101 options',
      [section({ accessory: select({ options: options(101) }) })],
      'no more than 100 items allowed [json-pointer:/blocks/0/accessory/options]',
    ],
    [
      'an option text of 76 characters',
      [section({ accessory: select({ options: [option('a', long(76))] }) })],
      'must be less than 76 characters [json-pointer:/blocks/0/accessory/options/0/text/text]',
    ],
    [
      'an option value of 151 characters',
      [section({ accessory: select({ options: [option(long(151), 'a')] }) })],
      'must be less than 151 characters [json-pointer:/blocks/0/accessory/options/0/value]',
    ],
    [
      'an initial option that is not offered',
      [section({ accessory: select({ initial_option: option('b') }) })],
      'must match one of the options [json-pointer:/blocks/0/accessory/initial_option]',
    ],
    [
      'an overflow menu of six',
      [section({ accessory: { type: 'overflow', options: options(6) } })],
      'no more than 5 items allowed [json-pointer:/blocks/0/accessory/options]',
    ],
    [
      'an input field beside a section',
      [section({ accessory: { type: 'plain_text_input' } })],
      'unsupported type: plain_text_input [json-pointer:/blocks/0/accessory/type]',
    ],
    [
      'two tables',
      Array(2).fill({ type: 'table', rows: [[{ type: 'raw_text', text: 'x' }]] }),
      'only one table block is allowed [json-pointer:/blocks]',
    ],
    [
      'markdown of 12,001 characters in all',
      [
        { type: 'markdown', text: long(6_000) },
        { type: 'markdown', text: long(6_001) },
      ],
      'markdown text must be less than 12001 characters in all [json-pointer:/blocks]',
    ],
    [
      'a rich text piece of an unknown kind',
      [{ type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [{ type: 'blink' }] }] }],
      'unsupported type: blink [json-pointer:/blocks/0/elements/0/elements/0/type]',
    ],
  ];
  test.each(refused)('%s', (_name, blocks, problem) => {
    expect(validateBlocks(blocks)).toContain(problem);
  });
});

describe('views', () => {
  const modal = (more: object = {}) => ({
    type: 'modal',
    title: plain('Root cause'),
    blocks: [section()],
    ...more,
  });

  test('a modal at its limits is taken', () => {
    const view = modal({
      title: plain(long(24)),
      submit: plain(long(24)),
      close: plain(long(24)),
      private_metadata: long(3_000),
      blocks: [input({ type: 'plain_text_input', multiline: true }), ...Array(99).fill({ type: 'divider' })],
    });
    expect(validateView(view)).toEqual([]);
  });

  const refused: [string, object, string][] = [
    [
      'a title of 25 characters',
      modal({ title: plain(long(25)) }),
      'must be less than 25 characters [json-pointer:/view/title/text]',
    ],
    [
      'a title with markup',
      modal({ title: mrkdwn('x') }),
      'must be plain_text [json-pointer:/view/title/type]',
    ],
    ['no title', modal({ title: undefined }), 'missing required field: title [json-pointer:/view]'],
    [
      'a submit of 25 characters',
      modal({ submit: plain(long(25)) }),
      'must be less than 25 characters [json-pointer:/view/submit/text]',
    ],
    [
      '101 blocks',
      modal({ blocks: Array(101).fill({ type: 'divider' }) }),
      'no more than 100 items allowed [json-pointer:/view/blocks]',
    ],
    [
      'private_metadata of 3,001 characters',
      modal({ private_metadata: long(3_001) }),
      'must be less than 3001 characters [json-pointer:/view/private_metadata]',
    ],
    [
      'inputs without a submit button',
      modal({ blocks: [input({ type: 'plain_text_input' })] }),
      'missing required field: submit (a modal with input blocks needs one) [json-pointer:/view]',
    ],
    [
      'an input label of 2,001 characters',
      modal({
        submit: plain('OK'),
        blocks: [input({ type: 'plain_text_input' }, { label: plain(long(2_001)) })],
      }),
      'must be less than 2001 characters [json-pointer:/view/blocks/0/label/text]',
    ],
    [
      'a button as an input',
      modal({ submit: plain('OK'), blocks: [input(button())] }),
      'unsupported type: button [json-pointer:/view/blocks/0/element/type]',
    ],
    [
      'a table in a modal',
      modal({ blocks: [{ type: 'table', rows: [] }] }),
      'unsupported type: table [json-pointer:/view/blocks/0/type]',
    ],
    [
      'an unknown kind of view',
      { type: 'window', blocks: [] },
      'must be one of: modal, home [json-pointer:/view/type]',
    ],
  ];
  test.each(refused)('%s is refused', (_name, view, problem) => {
    expect(validateView(view)).toContain(problem);
  });
});

describe('metadata', () => {
  test('an object with a type and an object of values is fine, an empty object takes it away', () => {
    expect(metadataFault({ event_type: 'lifeguard', event_payload: { effect: 'e1' } })).toBeUndefined();
    expect(metadataFault({})).toBeUndefined();
  });

  test.each([
    ['no type', { event_payload: {} }],
    ['an empty type', { event_type: '', event_payload: {} }],
    ['a list as payload', { event_type: 'x', event_payload: [] }],
    ['a key too many', { event_type: 'x', event_payload: {}, extra: 1 }],
    ['a string', 'x'],
  ])('%s is refused', (_name, metadata) => {
    expect(metadataFault(metadata)).toBe('invalid_metadata_format');
  });

  test('more than 16 KiB is too large', () => {
    expect(metadataFault({ event_type: 'x', event_payload: { all: long(16_400) } })).toBe(
      'metadata_too_large',
    );
  });
});
