"""commands of accounts and browsers"""

import time

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

COPY = 'operation_copy'


def upgrade() -> None:
    _set_aside('ix_operation_client')
    op.create_table('operation',
    sa.Column('op', sa.String(length=36), nullable=False),
    sa.Column('owner', sa.String(length=40), nullable=False),
    sa.Column('digest', sa.String(length=32), nullable=True),
    sa.Column('answer', sa.JSON(), nullable=False),
    sa.Column('browser', sa.String(length=40), nullable=True),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('client', sa.String(length=36), nullable=True),
    sa.Column('n', sa.Integer(), nullable=True),
    sa.Column('subjects', sa.JSON(), nullable=True),
    sa.PrimaryKeyConstraint('op', 'owner', name=op.f('pk_operation'))
    )
    op.create_index('ix_operation_client', 'operation', ['owner', 'client'])
    op.create_index(op.f('ix_operation_at'), 'operation', ['at'])
    now = int(time.time() * 1000)
    op.execute(
        "INSERT INTO operation (op, owner, answer, at, client, n, subjects) "
        f"SELECT op, 'participant-' || participant_id, answer, {now}, client, n, subjects FROM {COPY}"  # noqa: S608
    )
    op.drop_table(COPY)


def downgrade() -> None:
    """The commands of accounts and browsers have no place in the table as it was."""
    _set_aside('ix_operation_client', 'ix_operation_at')
    op.create_table('operation',
    sa.Column('participant_id', sa.Integer(), nullable=False),
    sa.Column('op', sa.String(length=36), nullable=False),
    sa.Column('answer', sa.JSON(), nullable=False),
    sa.Column('client', sa.String(length=36), nullable=True),
    sa.Column('n', sa.Integer(), nullable=True),
    sa.Column('subjects', sa.JSON(), nullable=True),
    sa.ForeignKeyConstraint(['participant_id'], ['participant.id'], name=op.f('fk_operation_participant_id_participant')),
    sa.PrimaryKeyConstraint('participant_id', 'op', name=op.f('pk_operation'))
    )
    op.create_index('ix_operation_client', 'operation', ['participant_id', 'client'])
    op.execute(
        "INSERT INTO operation (participant_id, op, answer, client, n, subjects) "
        "SELECT CAST(SUBSTR(owner, 13) AS INTEGER), op, answer, client, n, subjects "
        f"FROM {COPY} WHERE owner IN (SELECT 'participant-' || id FROM participant)"  # noqa: S608
    )
    op.drop_table(COPY)


def _set_aside(*indexes: str) -> None:
    """Copy the rows: neither database can give a table another primary key in place and keep its name."""
    op.execute(f"CREATE TABLE {COPY} AS SELECT * FROM operation")  # noqa: S608
    for index in indexes:
        op.drop_index(index, table_name='operation')
    op.drop_table('operation')
