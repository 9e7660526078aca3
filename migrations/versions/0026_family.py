"""which idea builds on which"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'idea_edge',
        sa.Column('child_id', sa.Integer(), nullable=False),
        sa.Column('parent_id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.CheckConstraint('parent_id < child_id', name=op.f('ck_idea_edge_parent_is_older')),
        sa.ForeignKeyConstraint(['child_id'], ['idea.id'], name=op.f('fk_idea_edge_child_id_idea')),
        sa.ForeignKeyConstraint(['parent_id'], ['idea.id'], name=op.f('fk_idea_edge_parent_id_idea')),
        sa.PrimaryKeyConstraint('child_id', 'parent_id', name=op.f('pk_idea_edge')),
    )
    op.create_index(op.f('ix_idea_edge_parent_id'), 'idea_edge', ['parent_id'])


def downgrade() -> None:
    refuse_downgrade_with('SELECT 1 FROM idea_edge', 'It would be lost which ideas build on others.')
    op.drop_index(op.f('ix_idea_edge_parent_id'), table_name='idea_edge')
    op.drop_table('idea_edge')
