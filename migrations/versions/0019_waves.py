"""waves of people who joined from one network"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


def _owned(table: str, *columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            [column], [f"{column.removesuffix('_id')}.id"],
            name=op.f(f"fk_{table}_{column}_{column.removesuffix('_id')}"), ondelete='CASCADE',
        )
        for column in columns
    ]  # fmt: skip


def upgrade() -> None:
    op.create_table(
        'wave',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('challenge_id', sa.Integer(), nullable=False),
        sa.Column('round_id', sa.Integer(), nullable=True),
        sa.Column('excluded_at', sa.BigInteger(), nullable=True),
        sa.Column('people', sa.Integer(), nullable=False),
        *_owned('wave', 'challenge_id', 'round_id'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_wave')),
    )
    op.create_index(op.f('ix_wave_challenge_id'), 'wave', ['challenge_id'])
    op.create_table(
        'arrival',
        sa.Column('participant_id', sa.Integer(), nullable=False),
        sa.Column('challenge_id', sa.Integer(), nullable=False),
        sa.Column('network', sa.String(length=32), nullable=True),
        sa.Column('at', sa.BigInteger(), nullable=False),
        sa.Column('wave_id', sa.Integer(), nullable=True),
        sa.Column('was_barred', sa.Boolean(), nullable=False),
        *_owned('arrival', 'challenge_id', 'participant_id', 'wave_id'),
        sa.PrimaryKeyConstraint('participant_id', name=op.f('pk_arrival')),
    )
    op.create_index('ix_arrival_challenge_id_network', 'arrival', ['challenge_id', 'network'])
    op.create_index(op.f('ix_arrival_at'), 'arrival', ['at'])
    op.create_index(op.f('ix_arrival_wave_id'), 'arrival', ['wave_id'])
    op.create_table(
        'excluded_mark',
        sa.Column('question_id', sa.Integer(), nullable=False),
        sa.Column('participant_id', sa.Integer(), nullable=False),
        sa.Column('subject', sa.Integer(), nullable=False),
        sa.Column('versus', sa.Integer(), nullable=False),
        sa.Column('value', sa.Integer(), nullable=False),
        sa.Column('seq', sa.Integer(), nullable=False),
        sa.Column('client', sa.String(length=36), nullable=False),
        sa.Column('n', sa.Integer(), nullable=False),
        sa.Column('at', sa.BigInteger(), nullable=False),
        *_owned('excluded_mark', 'participant_id', 'question_id'),
        sa.PrimaryKeyConstraint('question_id', 'participant_id', 'subject', 'versus', name=op.f('pk_excluded_mark')),
    )
    op.create_table(
        'excluded_ballot',
        sa.Column('question_id', sa.Integer(), nullable=False),
        sa.Column('participant_id', sa.Integer(), nullable=False),
        sa.Column('done_at', sa.BigInteger(), nullable=True),
        *_owned('excluded_ballot', 'participant_id', 'question_id'),
        sa.PrimaryKeyConstraint('question_id', 'participant_id', name=op.f('pk_excluded_ballot')),
    )


def downgrade() -> None:
    refuse_downgrade_with(
        'SELECT 1 FROM wave WHERE excluded_at IS NOT NULL', 'Votes that were left out with a wave would be lost.'
    )
    for table in ('excluded_ballot', 'excluded_mark', 'arrival', 'wave'):
        op.drop_table(table)
