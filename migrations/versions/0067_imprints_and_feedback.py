"""the imprint of an organisation, jobs that ask an author first, and what both sides say after an order"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0067'
down_revision = '0065'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('organisation') as table:
        table.add_column(sa.Column('imprint', sa.Text(), nullable=False, server_default=''))
    with op.batch_alter_table('job') as table:
        table.add_column(sa.Column('asks_author', sa.Boolean(), nullable=False, server_default=sa.false()))
    # The defaults were for the rows that were there.
    with op.batch_alter_table('organisation') as table:
        table.alter_column('imprint', existing_type=sa.Text(), server_default=None)
    with op.batch_alter_table('job') as table:
        table.alter_column('asks_author', existing_type=sa.Boolean(), server_default=None)
    op.create_table(
        'feedback',
        sa.Column('order_id', sa.Integer(), nullable=False),
        sa.Column('by_worker', sa.Boolean(), nullable=False),
        sa.Column('clear', sa.Boolean(), nullable=False),
        sa.Column('answered', sa.Boolean(), nullable=False),
        sa.Column('again', sa.Boolean(), nullable=False),
        sa.Column('at', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ['order_id'], ['job_order.id'], name=op.f('fk_feedback_order_id_job_order'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('order_id', 'by_worker', name=op.f('pk_feedback')),
    )


def downgrade() -> None:
    refuse_downgrade_with('SELECT 1 FROM feedback', 'What people said after an order would be lost.')
    refuse_downgrade_with("SELECT 1 FROM organisation WHERE imprint <> ''", 'Imprints of organisations would be lost.')
    op.drop_table('feedback')
    with op.batch_alter_table('job') as table:
        table.drop_column('asks_author')
    with op.batch_alter_table('organisation') as table:
        table.drop_column('imprint')
