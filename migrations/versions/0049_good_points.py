"""good points: people who find an argument good"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0049'
down_revision = '0048'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'good_point',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('round_id', sa.Integer(), nullable=False),
        sa.Column('argument_id', sa.Integer(), nullable=False),
        sa.Column('participant_id', sa.Integer(), nullable=True),
        sa.Column('is_excluded', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_good_point_round_id_round')),
        sa.ForeignKeyConstraint(['argument_id'], ['argument.id'], name=op.f('fk_good_point_argument_id_argument')),
        sa.ForeignKeyConstraint(
            ['participant_id'], ['participant.id'], name=op.f('fk_good_point_participant_id_participant')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_good_point')),
        sa.UniqueConstraint('round_id', 'argument_id', 'participant_id', name=op.f('uq_good_point_round_id_argument_id_participant_id')),
    )
    for column in ('argument_id', 'participant_id'):
        op.create_index(op.f(f'ix_good_point_{column}'), 'good_point', [column])


def downgrade() -> None:
    refuse_downgrade_with('SELECT 1 FROM good_point', 'What people found good in the discussion would be lost.')
    op.drop_table('good_point')
