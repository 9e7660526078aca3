"""the status that arguments had when a round closed"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0037'
down_revision = '0036'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'argument_at_close',
        sa.Column('round_id', sa.Integer(), nullable=False),
        sa.Column('argument_id', sa.Integer(), nullable=False),
        sa.Column('status', sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ['argument_id'], ['argument.id'], name=op.f('fk_argument_at_close_argument_id_argument')
        ),
        sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_argument_at_close_round_id_round')),
        sa.PrimaryKeyConstraint('round_id', 'argument_id', name=op.f('pk_argument_at_close')),
    )


def downgrade() -> None:
    refuse_downgrade_with('SELECT 1 FROM argument_at_close', 'Results would no longer show the arguments that they had at the close.')
    op.drop_table('argument_at_close')
