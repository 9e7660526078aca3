"""chains: the end of a journal in a table of its own, so that others than challenges can have one"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0060'
down_revision = '0059'
branch_labels = None
depends_on = None

OF_CHAIN = ('journal', 'kept_head', 'stream', 'act')
INDEXES = (('lane', 'seq'), ('seq',))  # of the stream, after its first column
END = (('epoch', sa.String(length=16)), ('seq', sa.Integer()), ('head', sa.LargeBinary(length=32)))


def upgrade() -> None:
    op.create_table(
        'chain',
        sa.Column('id', sa.Integer(), nullable=False),
        *(sa.Column(name, type_, nullable=False) for name, type_ in END),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_chain')),
    )
    # The chain of a challenge has the same number, so no other row changes.
    op.execute('INSERT INTO chain (id, seq, head, epoch) SELECT id, seq, head, epoch FROM challenge ORDER BY id')
    if op.get_bind().dialect.name == 'postgresql':
        op.execute("SELECT setval(pg_get_serial_sequence('chain', 'id'), max(id)) FROM chain HAVING max(id) > 0")
    _drop_indexes('challenge_id')
    for table in OF_CHAIN:
        _rename(table, 'challenge_id', 'chain_id')
        with op.batch_alter_table(table) as batch:
            _drop_reference(batch, table, 'challenge')
            _add_reference(batch, table, 'chain')
    _create_indexes('chain_id')
    op.add_column('challenge', sa.Column('chain_id', sa.Integer(), nullable=True))
    op.execute('UPDATE challenge SET chain_id = id')
    with op.batch_alter_table('challenge') as batch:
        batch.alter_column('chain_id', existing_type=sa.Integer(), nullable=False)
        batch.create_unique_constraint(op.f('uq_challenge_chain_id'), ['chain_id'])
        _add_reference(batch, 'challenge', 'chain')
        for name, _ in END:
            batch.drop_column(name)


def downgrade() -> None:
    refuse_downgrade_with(
        'SELECT 1 FROM chain WHERE id NOT IN (SELECT chain_id FROM challenge)',
        'Journals that belong to no challenge would be lost.',
    )
    _drop_indexes('chain_id')
    for table in OF_CHAIN:
        with op.batch_alter_table(table) as batch:
            _drop_reference(batch, table, 'chain')
        _rename(table, 'chain_id', 'challenge_id')
        # First to numbers that no row has, since a chain may have the number of another one's challenge.
        owner = f'SELECT challenge.id FROM challenge WHERE challenge.chain_id = {table}.challenge_id'
        op.execute(f'UPDATE {table} SET challenge_id = -({owner})')
        op.execute(f'UPDATE {table} SET challenge_id = -challenge_id')
        with op.batch_alter_table(table) as batch:
            _add_reference(batch, table, 'challenge')
    _create_indexes('challenge_id')
    for name, type_ in END:
        op.add_column('challenge', sa.Column(name, type_, nullable=True))
        op.execute(f'UPDATE challenge SET {name} = (SELECT {name} FROM chain WHERE chain.id = challenge.chain_id)')
    with op.batch_alter_table('challenge') as batch:
        for name, type_ in END:
            batch.alter_column(name, existing_type=type_, nullable=False)
        _drop_reference(batch, 'challenge', 'chain')
        batch.drop_constraint(op.f('uq_challenge_chain_id'), type_='unique')
        batch.drop_column('chain_id')
    op.drop_table('chain')


def _rename(table: str, old: str, new: str) -> None:
    """Both databases know this statement, and neither copies the table for it."""
    op.execute(f'ALTER TABLE {table} RENAME COLUMN {old} TO {new}')


def _drop_reference(batch, table: str, of: str) -> None:
    batch.drop_constraint(op.f(f'fk_{table}_{of}_id_{of}'), type_='foreignkey')


def _add_reference(batch, table: str, of: str) -> None:
    rule = 'CASCADE' if table == 'kept_head' else None
    batch.create_foreign_key(op.f(f'fk_{table}_{of}_id_{of}'), of, [f'{of}_id'], ['id'], ondelete=rule)


def _drop_indexes(first: str) -> None:
    for rest in INDEXES:
        op.drop_index(_index(first, rest), table_name='stream')


def _create_indexes(first: str) -> None:
    for rest in INDEXES:
        op.create_index(_index(first, rest), 'stream', [first, *rest])


def _index(first: str, rest: tuple[str, ...]) -> str:
    return op.f('_'.join(('ix_stream', first, *rest)))
