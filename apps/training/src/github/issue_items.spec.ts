import { describe, expect, it } from '@jest/globals';
import { itemOf } from './issue-item.ts';
import { readIssue, type Issue } from './issue.ts';
import { statusOf } from './issue-status.ts';

const issue = (fields: object = {}): Issue =>
  readIssue({
    number: 12,
    title: 'Count every cent',
    body: 'Why.\r\n\r\n- [x] first\r\n- [ ] second',
    state: 'open',
    labels: [{ name: 'money' }, { name: 'Good First Issue' }, 'old style', { name: null }],
    created_at: '2026-01-02T03:04:05Z',
    updated_at: '2026-01-03T03:04:05Z',
    ...fields,
  })!;

describe('an item of an issue', () => {
  it('has its fields, its labels as tags and its checkboxes as tickets', () => {
    expect(itemOf(issue(), 'acme/shop', undefined)).toEqual({
      externalId: '#12',
      path: '#12',
      hash: expect.any(String),
      problems: [],
      content: {
        title: 'Count every cent',
        description: 'Why.\n\n- [x] first\n- [ ] second',
        status: 'in-progress',
        branch: null,
        repository: 'acme/shop',
        tags: ['money', 'Good First Issue', 'old style'],
        createdAt: new Date('2026-01-02T03:04:05Z'),
        updatedAt: new Date('2026-01-03T03:04:05Z'),
        tickets: [
          { externalId: '#12.1', title: 'first', status: 'completed', sequence: 1, parent: '#12' },
          { externalId: '#12.2', title: 'second', status: 'pending', sequence: 2, parent: '#12' },
        ].map((ticket) => ({ ...ticket, assignedTo: null, createdAt: null })),
      },
    });
  });

  it('has no content while the issue is as it is known', () => {
    const known = itemOf(issue(), 'acme/shop', undefined);
    expect(itemOf(issue(), 'acme/shop', known)).toEqual({ ...known, content: null });
    for (const fields of [
      { title: 'x' },
      { body: 'x' },
      { state: 'closed' },
      { labels: [] },
      { updated_at: '2026-02-01T00:00:00Z' },
    ])
      expect(itemOf(issue(fields), 'acme/shop', known).content).not.toBeNull();
    expect(itemOf(issue(), 'acme/market', known).content).not.toBeNull();
  });

  it('is cut where the issue is too long, and says so', () => {
    const body = `${'漢'.repeat(4_000)}\n${'- [ ] x\n'.repeat(1_001)}`;
    const { content, problems } = itemOf(issue({ body, title: 'y\0'.repeat(400) }), 'acme/shop', undefined);
    expect(content!.description).toBe('漢'.repeat(2_000));
    expect(content!.title).toHaveLength(300);
    expect(content!.tickets).toHaveLength(1_000);
    expect(problems.map(({ path, reason }) => `${path} ${reason}`)).toEqual([
      '#12 has a body of more than 6000 bytes; the rest is cut',
      '#12 has more than 1000 tasks; the rest is not used',
    ]);
  });

  it('does with the least that an issue has', () => {
    const { content } = itemOf(issue({ title: ' ', body: null, labels: null }), 'acme/shop', undefined);
    expect(content).toMatchObject({ title: '#12', description: '', tags: [], tickets: [], status: 'planned' });
  });
});

describe('the status of an issue', () => {
  const open = { checked: false };
  it.each([
    ['closed', ['blocked'], [open], 'completed'],
    ['open', [], [], 'planned'],
    ['open', ['bug', 'done'], [open], 'planned'],
    ['open', [], [open, { checked: true }], 'in-progress'],
    ['open', ['In Progress'], [], 'in-progress'],
    ['open', ['status: in_progress'], [], 'in-progress'],
    ['open', ['status/WIP 🚧'], [], 'in-progress'],
    ['open', ['Status: Blocked', 'wip'], [{ checked: true }], 'blocked'],
    ['open', ['🛑 blocked'], [], 'blocked'],
    ['open', ['unblocked', 'inactive'], [], 'planned'],
  ] as const)('%s, labelled %j, with the boxes %j is %s', (state, labels, tasks, status) => {
    expect(statusOf(state, labels, tasks)).toBe(status);
  });
});

describe('what is no issue', () => {
  it.each([null, 1, [], {}, { number: 1 }, { ...issue(), number: 'x' }, { ...issue(), created_at: 'yesterday' }])(
    'is not taken for one: %j',
    (value) => expect(readIssue(value)).toBeNull(),
  );
});
