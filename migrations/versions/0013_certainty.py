"""the method of an assessment, and the first settled look of an open vote"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('assessment') as table:
        table.add_column(sa.Column('method', sa.Integer(), nullable=False, server_default='1'))
        table.drop_constraint('pk_assessment', type_='primary')
        table.create_primary_key('pk_assessment', ['round_id', 'method'])
    with op.batch_alter_table('assessment') as table:
        table.alter_column('method', existing_type=sa.Integer(), existing_nullable=False, server_default=None)
    with op.batch_alter_table('readiness') as table:
        table.add_column(sa.Column('settled_people', sa.Integer(), nullable=True))
        table.add_column(sa.Column('settled_winners', sa.JSON(), nullable=True))
        table.add_column(sa.Column('confirmed', sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table('readiness') as table:
        table.alter_column('confirmed', existing_type=sa.Boolean(), existing_nullable=False, server_default=None)


def downgrade() -> None:
    refuse_downgrade_with(
        'SELECT 1 FROM assessment WHERE method <> 1', 'Assessments would be lost whose digests are in the journal.'
    )
    with op.batch_alter_table('readiness') as table:
        table.drop_column('confirmed')
        table.drop_column('settled_winners')
        table.drop_column('settled_people')
    with op.batch_alter_table('assessment') as table:
        table.drop_constraint('pk_assessment', type_='primary')
        table.create_primary_key('pk_assessment', ['round_id'])
        table.drop_column('method')
