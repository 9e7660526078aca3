"""groups of similar ideas"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0028'
down_revision = '0027'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'idea_group',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('round_id', sa.Integer(), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('seq', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_idea_group_round_id_round')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_idea_group')),
    )
    op.create_index(op.f('ix_idea_group_round_id'), 'idea_group', ['round_id'])
    with op.batch_alter_table('entry') as entry:
        entry.add_column(sa.Column('group_id', sa.Integer(), nullable=True))
        entry.create_foreign_key(op.f('fk_entry_group_id_idea_group'), 'idea_group', ['group_id'], ['id'])
        entry.create_index(op.f('ix_entry_group_id'), ['group_id'])


def downgrade() -> None:
    refuse_downgrade_with('SELECT 1 FROM entry WHERE group_id IS NOT NULL', 'The groups of ideas would be lost.')
    with op.batch_alter_table('entry') as entry:
        entry.drop_index(op.f('ix_entry_group_id'))
        entry.drop_constraint(op.f('fk_entry_group_id_idea_group'), type_='foreignkey')
        entry.drop_column('group_id')
    op.drop_index(op.f('ix_idea_group_round_id'), table_name='idea_group')
    op.drop_table('idea_group')
