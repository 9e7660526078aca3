"""what the organisation decided for each idea, and reasons to reuse"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'outcome',
        sa.Column('entry_id', sa.Integer(), nullable=False),
        sa.Column('seq', sa.Integer(), nullable=False),
        sa.Column('round_id', sa.Integer(), nullable=False),
        sa.Column('decision', sa.String(length=20), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ['entry_id'], ['entry.id'], name=op.f('fk_outcome_entry_id_entry'), ondelete='CASCADE'
        ),
        sa.ForeignKeyConstraint(
            ['round_id'], ['round.id'], name=op.f('fk_outcome_round_id_round'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('entry_id', 'seq', name=op.f('pk_outcome')),
    )
    op.create_index(op.f('ix_outcome_round_id'), 'outcome', ['round_id'])
    with op.batch_alter_table('organisation') as table:
        table.add_column(sa.Column('reasons', sa.Text(), nullable=False, server_default=''))


def downgrade() -> None:
    refuse_downgrade_with('SELECT 1 FROM outcome', 'The answers that authors were given would be lost.')
    with op.batch_alter_table('organisation') as table:
        table.drop_column('reasons')
    op.drop_table('outcome')
